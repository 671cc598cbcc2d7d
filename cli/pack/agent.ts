/**
 * The guest's side of a packed program (`services/published/program-link.ts`), as lines for a shell on its serial console: they
 * put a script into the guest that takes the screen, says that it is ready, and waits there. It needs what BusyBox has: sh,
 * stty, base64, tar, find, setsid.
 */

const FOLDER = "/root/program";
const SCRIPT = "/tmp/program.sh";
/** Lines of a terminal are bounded; what is longer is written piece by piece. */
const PIECE = 400;

function script(command: string): string {
  return `stty -F /dev/ttyS1 115200 raw -echo
exec 3<>/dev/ttyS1
mkdir -p ${FOLDER}
cd ${FOLDER}
printf '\\033[2J\\033[H\\033[?25h'
echo ready >&3
read -r count <&3
if [ "$count" -gt 0 ]; then
  while [ "$count" -gt 0 ]; do read -r line <&3; echo "$line"; count=$((count - 1)); done | base64 -d | tar xf -
fi
find . -exec touch -t 200001010000 {} +
touch /tmp/begun
(
${command}
)
status=$?
printf 'exit %d\\n' "$status" >&3
find . -type f -newer /tmp/begun >/tmp/changed
[ -s /tmp/changed ] && tar cf - -T /tmp/changed | base64 >&3
echo end >&3
sleep 1
poweroff -f
`;
}

/** Words for a shell, quoted. */
const quoted = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;

/** @param command what the shell of the guest is to run */
export function agentLines(command: string): string[] {
  const pieces = script(command).match(new RegExp(`[^]{1,${PIECE}}`, "g"))!;
  // Sent in base64, so that no terminal sees anything in it.
  const encoded = pieces.map((piece) => Buffer.from(piece).toString("base64"));
  return [
    "stty -echo",
    `rm -f ${SCRIPT}`,
    ...encoded.map((piece) => `echo ${quoted(piece)} | base64 -d >>${SCRIPT}`),
    "dmesg -n 1",
    // The shell on the screen makes room, and init does not start another.
    "sed -i '/^tty1/d' /etc/inittab; kill -HUP 1; fuser -k /dev/tty1; sleep 1",
    `TERM=linux setsid -c sh ${SCRIPT} <>/dev/tty1 >&0 2>&1 &`,
  ];
}
