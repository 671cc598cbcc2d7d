import { expect, test } from "vitest";
import { crc32, crc32c } from "./crc32.ts";
import { bytesOf } from "./fields.ts";

test("the check values of both CRCs, whole and in parts", () => {
  const digits = bytesOf("123456789");
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc32c(digits)).toBe(0xe3069283);
  expect(crc32(digits.subarray(5), crc32(digits.subarray(0, 5)))).toBe(0xcbf43926);
});
