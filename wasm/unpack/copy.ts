/**
 * Copies a match: bytes from nearer to the start of the output, which may overlap what they become. Writes up to 15 bytes
 * too many, which the next symbol overwrites or which fall into the slack.
 */

/** From this length on a call of the engine's own copy is faster. */
const BULK_BYTES: u32 = 256;

@inline export function copyMatch(to: usize, distance: u32, length: u32): void {
  let from = to - distance;
  const end = to + length;
  if (distance >= 16) {
    if (length >= BULK_BYTES && distance >= length) {
      memory.copy(to, from, length);
      return;
    }
    do {
      v128.store(to, v128.load(from));
      to += 16;
      from += 16;
    } while (to < end);
  } else if (distance == 1) {
    const byte = v128.splat<u8>(load<u8>(from));
    do {
      v128.store(to, byte);
      to += 16;
    } while (to < end);
  } else {
    do store<u8>(to++, load<u8>(from++));
    while (to < end);
  }
}
