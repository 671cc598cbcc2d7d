#!/usr/bin/env node
/**
 * Where two traces part: `node scripts/compare-traces.mjs OURS QEMUS [FIRST]`, of `posada run --trace cpu,int --trace-file OURS`
 * and `qemu-system-x86_64 -singlestep -d cpu,int,nochain -D QEMUS`. Status 1 where they do. States before
 * number FIRST are left out: those in which the processor's model still stands in EDX.
 */
import { readFileSync } from "node:fs";
import { firstDifference, readTrace } from "./lib/trace-log.mjs";

const [ourFile, theirFile, first = "0"] = process.argv.slice(2);
if (!theirFile || !/^[0-9]+$/.test(first)) {
  console.error("usage: node scripts/compare-traces.mjs OURS QEMUS [FIRST]");
  process.exit(2);
}
const [ours, theirs] = [ourFile, theirFile].map((file) => readTrace(readFileSync(file, "utf8")).slice(Number(first)));
const difference = firstDifference(ours, theirs);
if (!difference) {
  console.log(`${Math.min(ours.length, theirs.length)} states are equal (${ours.length} and ${theirs.length} there).`);
  process.exit(0);
}
const { index, lines } = difference;
if (index > 0) console.log(`state ${index - 1}, equal:\n${ours[index - 1].lines.join("\n")}\n`);
console.log(`state ${index} differs:\n${lines.join("\n")}`);
process.exit(1);
