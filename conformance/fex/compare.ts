/** Compares what a run left in the registers with what the case expects. */
import type { Registers } from "../user-process.ts";
import { GPRS } from "../../wasm/test/harness.ts";
import type { FexCase } from "./case.ts";

type Name = (typeof GPRS)[number];

const hex = (value: bigint | undefined) => (value === undefined ? "nothing" : `0x${value.toString(16)}`);

function valuesOf(register: string, state: Registers): readonly bigint[] | undefined {
  const name = register.toLowerCase();
  if ((GPRS as readonly string[]).includes(name)) return [state.gprs[name as Name]];
  if (name === "rip") return [state.rip];
  const vector = /^(xmm|mm)(\d+)$/.exec(name);
  return vector ? state[vector[1] as "xmm" | "mm"][Number(vector[2])] : undefined;
}

/** What differs, in words; empty where all is as expected. */
export function compareRegisters(test: FexCase, state: Registers): string {
  return [...test.expected]
    .flatMap(([register, expected]) => {
      const got = valuesOf(register, state);
      if (!got) return [`${register} is not known to the harness`];
      return expected.flatMap((value, i) => {
        const where = expected.length > 1 ? `${register}[${i}]` : register;
        return got[i] === value ? [] : [`${where} ${hex(got[i])} instead of ${hex(value)}`];
      });
    })
    .join(", ");
}
