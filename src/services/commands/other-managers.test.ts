import { expect, test } from "vitest";
import { findCommand, libraryCommands } from "./command-table.ts";
import { parseCommandLine } from "./command-line.ts";
import { englishCommands } from "./command-words.ts";
import { inOurWords } from "./other-managers.ts";

/** As a person types it, without quotation marks. */
const translated = (line: string): string => inOurWords(line.split(" ")).join(" ");

test.each([
  ["list vms", "list"],
  ["list runningvms", "list --running"],
  ["list --all", "list"],
  ["VBoxManage showvminfo Debian --details", "info Debian"],
  ["createvm --name Debian --ostype Debian_64 --register", "create Debian"],
  ["unregistervm Debian --delete", "delete Debian"],
  ["unregistervm Debian", "delete Debian --keep-media"],
  ["modifyvm Debian --memory 256 --cpuexecutioncap 50", "modify Debian --memory 256 --cap 50"],
  ["modifyvm Debian --groups=/Work/Old", "modify Debian --group Work/Old"],
  ["clonevm Debian --name Twin --register --snapshot One --options Link", "clone Debian Twin --snapshot One"],
  ["clonevm Debian --name Twin", "clone Debian Twin --full"],
  ["controlvm Debian acpipowerbutton", "acpipowerbutton Debian"],
  ["controlvm Debian savestate", "savestate Debian"],
  ["controlvm Debian cpuexecutioncap 30", "modify Debian --cap 30"],
  ["discardstate Debian", "discard-state Debian"],
  ["snapshot Debian take Fresh --description new --live", "snapshot take Debian Fresh --description new"],
  ["snapshot Debian restore Fresh", "snapshot restore Debian Fresh"],
  ["snapshot Debian list", "snapshot list Debian"],
  ["snapshot Debian edit Fresh --name Old", "snapshot rename Debian Fresh Old"],
  ["createmedium disk --filename data --size 2048 --format VDI", "media disk data 2048M"],
  ["closemedium disk data --delete", "media remove data"],
  ["modifymedium disk data --resize 4096", "media resize data 4096M"],
  ["modifymedium data --compact", "media compact data"],
  ["clonemedium disk a.vdi b.vmdk --format VMDK", "convert a.vdi b.vmdk --format vmdk"],
  ["convertfromraw a.img b.vdi", "convert --from-format raw a.img b.vdi"],
  ["export Debian -o debian.ova", "export Debian debian.ova"],
  ["virsh dominfo Debian", "info Debian"],
  ["shutdown Debian", "acpipowerbutton Debian"],
  ["destroy Debian", "poweroff Debian"],
  ["suspend Debian", "pause Debian"],
  ["managedsave Debian", "savestate Debian"],
  ["undefine Debian --remove-all-storage", "delete Debian"],
  ["domrename Debian Old", "modify Debian --name Old"],
  ["setmem Debian 262144 --config", "modify Debian --memory 256"],
  ["schedinfo Debian --set cpu_shares=300", "modify Debian --shares 300"],
  ["snapshot-create-as Debian Fresh new", "snapshot take Debian Fresh --description new"],
  ["snapshot-revert Debian Fresh --running", "snapshot restore Debian Fresh"],
  ["vol-create-as default data 2G", "media disk data 2G"],
])("%s is %s, which our commands take", (typed, ours) => {
  expect(translated(typed)).toBe(ours);
  const found = findCommand(libraryCommands, ours.split(" "))!;
  parseCommandLine(found.args, found.command.options ?? {}, englishCommands);
});

test.each(["list", "list --json", "snapshot take Debian One", "snapshot list Debian", "import a.ova", "export Debian a.ova", "start Debian", "resume Debian", "media list", "nonsense x"])(
  "%s is ours, or nobody's",
  (typed) => expect(translated(typed)).toBe(typed),
); // prettier-ignore
