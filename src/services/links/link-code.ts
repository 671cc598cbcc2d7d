/**
 * How a machine definition stands in the fragment of an address, which no server sees:
 *
 *   #machine=1.CODE      CODE: base64url of { u32 CRC-32 of what follows, big-endian; raw DEFLATE of the JSON in UTF-8 }
 *
 * The number is the version of the format: 1, and 2 where the definition has a state, which came later. Later versions get a number of their own; links of earlier ones keep working
 * (link-code.test.ts holds links of each). The CRC tells a link that was cut short or mistyped from one that is wrong.
 *
 * References: [RFC 4648] 5 (base64url), [RFC 1951] (DEFLATE), [RFC 3986] 3.5 (fragments).
 */
import { Inflate, deflateSync } from "fflate";
import { crc32 } from "../../storage/formats/crc32.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import { LinkError } from "./link-error.ts";
import { KEY } from "./link-fragment.ts";
import { readDefinition } from "./machine-definition.ts";
import type { MachineDefinition } from "./machine-definition.ts";

/** Of links without a state; those with one have another, so that earlier readers say what they lack. */
const PLAIN_VERSION = 1;
export const LINK_VERSION = 2;
const CRC_BYTES = 4;
/** Far more than definitions need, and little enough to be read without a thought. */
const MAX_CODE_CHARS = 64 * 1024;
const MAX_JSON_BYTES = 128 * 1024;
/** The unpacker is fed little by little, so that what unpacks to far more than its length is stopped in time. */
const PIECE_BYTES = 512;

const damaged = () => new LinkError({ fault: "damaged" });
const tooLarge = () => new LinkError({ fault: "tooLarge" });

/** @throws LinkError `damaged`, or `tooLarge` as soon as there is more than `mostBytes` */
export function inflateAtMost(packed: Uint8Array, mostBytes: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let doneBytes = 0;
  let complete = false;
  const inflate = new Inflate((piece, final) => {
    doneBytes += piece.length;
    pieces.push(piece);
    complete ||= final;
  });
  for (let at = 0; at < packed.length; at += PIECE_BYTES) {
    try {
      inflate.push(packed.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= packed.length);
    } catch {
      throw damaged();
    }
    if (doneBytes > mostBytes) throw tooLarge();
  }
  if (!complete) throw damaged();
  const all = new Uint8Array(doneBytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The fragment of an address, without "#". */
export function encodeLink(definition: MachineDefinition): string {
  const packed = deflateSync(new TextEncoder().encode(JSON.stringify(definition)), { level: 9 });
  const bytes = new Uint8Array(CRC_BYTES + packed.length);
  new DataView(bytes.buffer).setUint32(0, crc32(packed));
  bytes.set(packed, CRC_BYTES);
  return `${KEY}${definition.state ? LINK_VERSION : PLAIN_VERSION}.${toBase64Url(bytes)}`;
}

/**
 * @param fragment of the page's address, with or without "#"
 * @param baseUrl what relative addresses in it count from
 * @throws LinkError
 */
export function decodeLink(fragment: string, baseUrl: string): MachineDefinition {
  if (fragment.length > MAX_CODE_CHARS) throw tooLarge();
  // What mail and chat programs take into an address from the sentence around it.
  const text = fragment
    .replace(/^#/, "")
    .slice(KEY.length)
    .replace(/[^A-Za-z0-9_-]+$/, "");
  const [, version, code] = /^(\d{1,6})\.(.+)$/.exec(text) ?? [];
  if (version === undefined || code === undefined) throw damaged();
  if (Number(version) > LINK_VERSION) throw new LinkError({ fault: "newer", value: version });
  if (Number(version) < 1) throw damaged();
  const bytes = fromBase64Url(code);
  if (bytes.length <= CRC_BYTES) throw damaged();
  const packed = bytes.subarray(CRC_BYTES);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== crc32(packed)) throw damaged();
  return readDefinition(parse(inflateAtMost(packed, MAX_JSON_BYTES)), baseUrl);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damaged();
  }
}
