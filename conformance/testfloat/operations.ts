/**
 * Which instructions do what a function of TestFloat asks for: the text of a loop's body that takes its operands at [RSI] and
 * [RSI+16], leaves its result at [RDI], and whose exception flags are looked at afterwards.
 * [SDM1] 4.9 (exceptions), 8.3 (x87), 10.2.3 (MXCSR) – [SDM2]
 */

export type Unit = "x87" | "sse";
/** f32, f64: in an SSE register or in memory; extF80: in memory, 10 bytes; i32, i64, bool: as in memory. */
export type Kind = "f32" | "f64" | "extF80" | "i32" | "i64" | "bool";

export const SIZE_BYTES: Record<Kind, number> = { f32: 4, f64: 8, extF80: 10, i32: 4, i64: 8, bool: 1 };

export interface Operation {
  /** As it stands on the page. */
  readonly name: string;
  readonly unit: Unit;
  /** TestFloat's name of the function, and what goes with it. */
  readonly fn: string;
  readonly options: readonly string[];
  readonly operands: readonly Kind[];
  readonly result: Kind;
  readonly code: string;
  /** The rounding mode is the operation's own: it is tried in that one only. */
  readonly rounding?: Rounding;
  /** The result stands in every element of a packed register. */
  readonly isPacked?: boolean;
  /** Precision control matters. */
  readonly isPrecise?: boolean;
}

export type Rounding = "near_even" | "min" | "max" | "minMag";
/** In the order of the RC field of both control words. */
export const ROUNDINGS: readonly Rounding[] = ["near_even", "min", "max", "minMag"];

const isOf = (functionName: string): Kind[] => {
  const [from, what] = functionName.split("_") as [Kind, string];
  return ["add", "sub", "mul", "div", "rem", "eq", "le", "lt"].includes(what!) ? [from, from] : [from];
};

function x87(name: string, fn: string, result: Kind, code: string, more: Partial<Operation> = {}): Operation {
  return { name, unit: "x87", fn, options: [], operands: isOf(fn), result, code, ...more };
}

const STORE80 = "fstp tword [rdi]";
const LOAD2 = "fld tword [rsi]\n fld tword [rsi+16]";

function x87Arithmetic(): Operation[] {
  const isPrecise = true;
  const arithmetic = (["add", "sub", "mul", "div"] as const).flatMap((what) => [
    x87(`F${what.toUpperCase()}P`, `extF80_${what}`, "extF80", `${LOAD2}\n f${what}p\n ${STORE80}`, { isPrecise }),
    x87(
      `F${what.toUpperCase()} ST0`,
      `extF80_${what}`,
      "extF80",
      `fld tword [rsi+16]\n fld tword [rsi]\n f${what} st0, st1\n ${STORE80}\n fstp st0`,
      { isPrecise },
    ),
  ]);
  const reversed = (["sub", "div"] as const).map((what) =>
    x87(
      `F${what.toUpperCase()}RP`,
      `extF80_${what}`,
      "extF80",
      `fld tword [rsi+16]\n fld tword [rsi]\n f${what}rp\n ${STORE80}`,
      { isPrecise },
    ),
  );
  return [
    ...arithmetic,
    ...reversed,
    x87("FSQRT", "extF80_sqrt", "extF80", `fld tword [rsi]\n fsqrt\n ${STORE80}`, { isPrecise }),
    // FPREM1 reduces the exponent by at most 63 at a time; C2 says that there is more to do.
    x87(
      "FPREM1",
      "extF80_rem",
      "extF80",
      `fld tword [rsi+16]\n fld tword [rsi]\n .more: fprem1\n fnstsw ax\n test ah, 4\n jnz .more\n ${STORE80}\n fstp st0`,
      { rounding: "near_even" },
    ),
    x87("FRNDINT", "extF80_roundToInt", "extF80", `fld tword [rsi]\n frndint\n ${STORE80}`, { options: ["-exact"] }),
  ];
}

function x87Conversions(): Operation[] {
  const options = ["-exact"];
  return [
    x87("FST m32", "extF80_to_f32", "f32", "fld tword [rsi]\n fstp dword [rdi]"),
    x87("FST m64", "extF80_to_f64", "f64", "fld tword [rsi]\n fstp qword [rdi]"),
    x87("FLD m32", "f32_to_extF80", "extF80", `fld dword [rsi]\n ${STORE80}`),
    x87("FLD m64", "f64_to_extF80", "extF80", `fld qword [rsi]\n ${STORE80}`),
    x87("FIST m32", "extF80_to_i32", "i32", "fld tword [rsi]\n fistp dword [rdi]", { options }),
    x87("FIST m64", "extF80_to_i64", "i64", "fld tword [rsi]\n fistp qword [rdi]", { options }),
    x87("FISTTP m32", "extF80_to_i32", "i32", "fld tword [rsi]\n fisttp dword [rdi]", { options, rounding: "minMag" }),
    x87("FISTTP m64", "extF80_to_i64", "i64", "fld tword [rsi]\n fisttp qword [rdi]", { options, rounding: "minMag" }),
    x87("FILD m32", "i32_to_extF80", "extF80", `fild dword [rsi]\n ${STORE80}`),
    x87("FILD m64", "i64_to_extF80", "extF80", `fild qword [rsi]\n ${STORE80}`),
  ];
}

/** After a comparison of the first operand with the second by (F)(U)COMI(S): unordered sets PF and ZF and CF. */
const CONDITION = {
  eq: "setnp al\n sete dl\n and al, dl",
  le: "setnp al\n setbe dl\n and al, dl",
  lt: "setnp al\n setb dl\n and al, dl",
};

function x87Comparisons(): Operation[] {
  return (["eq", "le", "lt"] as const).flatMap((what) =>
    ([true, false] as const).map((isSignaling) => {
      const fn =
        what === "eq"
          ? isSignaling
            ? "extF80_eq_signaling"
            : "extF80_eq"
          : `extF80_${what}${isSignaling ? "" : "_quiet"}`;
      const instruction = isSignaling ? "fcomip" : "fucomip";
      return x87(
        `${instruction.toUpperCase()} ${what}`,
        fn,
        "bool",
        `fld tword [rsi+16]\n fld tword [rsi]\n ${instruction} st0, st1\n ${CONDITION[what]}\n mov [rdi], al\n fstp st0`,
        { rounding: "near_even" },
      );
    }),
  );
}

function sse(name: string, fn: string, result: Kind, code: string, more: Partial<Operation> = {}): Operation {
  return { name, unit: "sse", fn, options: [], operands: isOf(fn), result, code, ...more };
}

const LOAD_XMM = "movups xmm0, [rsi]\n movups xmm1, [rsi+16]";
const STORE_XMM = "movups [rdi], xmm0";
const SUFFIX = { f32: ["ss", "ps"], f64: ["sd", "pd"] } as const;

function sseArithmetic(): Operation[] {
  return (["f32", "f64"] as const).flatMap((kind) =>
    SUFFIX[kind].flatMap((suffix, i) => {
      const isPacked = i === 1;
      const round = (mode: number) => `${LOAD_XMM}\n round${suffix} xmm0, xmm0, ${mode}\n ${STORE_XMM}`;
      const compare = (["eq", "lt", "le"] as const).map((what) =>
        sse(
          `CMP${what.toUpperCase()}${suffix.toUpperCase()}`,
          `${kind}_${what}`,
          "bool",
          `${LOAD_XMM}\n cmp${what}${suffix} xmm0, xmm1\n movups [rdi], xmm0\n and byte [rdi], 1`,
          { rounding: "near_even" },
        ),
      );
      return [
        ...(["add", "sub", "mul", "div"] as const).map((what) =>
          sse(
            `${what}${suffix}`.toUpperCase(),
            `${kind}_${what}`,
            kind,
            `${LOAD_XMM}\n ${what}${suffix} xmm0, xmm1\n ${STORE_XMM}`,
            { isPacked },
          ),
        ),
        sse(
          `SQRT${suffix.toUpperCase()}`,
          `${kind}_sqrt`,
          kind,
          `${LOAD_XMM}\n sqrt${suffix} xmm0, xmm0\n ${STORE_XMM}`,
          {
            isPacked,
          },
        ),
        sse(`ROUND${suffix.toUpperCase()} by MXCSR`, `${kind}_roundToInt`, kind, round(4), {
          isPacked,
          options: ["-exact"],
        }),
        sse(`ROUND${suffix.toUpperCase()} quiet`, `${kind}_roundToInt`, kind, round(12), { isPacked }),
        ...ROUNDINGS.map((rounding, mode) =>
          sse(`ROUND${suffix.toUpperCase()} ${mode}`, `${kind}_roundToInt`, kind, round(mode), {
            isPacked,
            options: ["-exact"],
            rounding,
          }),
        ),
        ...compare,
      ];
    }),
  );
}

function sseComparisons(): Operation[] {
  return (["f32", "f64"] as const).flatMap((kind) =>
    (["eq", "le", "lt"] as const).flatMap((what) =>
      (["comi", "ucomi"] as const).map((instruction) => {
        const isSignaling = instruction === "comi";
        const fn =
          what === "eq"
            ? `${kind}_eq${isSignaling ? "_signaling" : ""}`
            : `${kind}_${what}${isSignaling ? "" : "_quiet"}`;
        const mnemonic = instruction + SUFFIX[kind][0];
        return sse(
          `${mnemonic.toUpperCase()} ${what}`,
          fn,
          "bool",
          `${LOAD_XMM}\n ${mnemonic} xmm0, xmm1\n ${CONDITION[what]}\n mov [rdi], al`,
          { rounding: "near_even" },
        );
      }),
    ),
  );
}

function sseConversions(): Operation[] {
  const options = ["-exact"];
  const toInteger = (["f32", "f64"] as const).flatMap((kind) =>
    (["i32", "i64"] as const).flatMap((integer) =>
      (["cvt", "cvtt"] as const).map((stem) => {
        const mnemonic = `${stem}${SUFFIX[kind][0]}2si`;
        const register = integer === "i32" ? "eax" : "rax";
        return sse(
          `${mnemonic.toUpperCase()} ${integer}`,
          `${kind}_to_${integer}`,
          integer,
          `${LOAD_XMM}\n ${mnemonic} ${register}, xmm0\n mov [rdi], ${register}`,
          { options, ...(stem === "cvtt" ? { rounding: "minMag" as const } : {}) },
        );
      }),
    ),
  );
  const fromInteger = (["i32", "i64"] as const).flatMap((integer) =>
    (["f32", "f64"] as const).map((kind) => {
      const mnemonic = `cvtsi2${SUFFIX[kind][0]}`;
      const size = integer === "i32" ? "dword" : "qword";
      return sse(
        `${mnemonic.toUpperCase()} ${integer}`,
        `${integer}_to_${kind}`,
        kind,
        `pxor xmm0, xmm0\n ${mnemonic} xmm0, ${size} [rsi]\n ${STORE_XMM}`,
      );
    }),
  );
  const packed = (name: string, fn: string, result: Kind, more: Partial<Operation> = {}) =>
    sse(name.toUpperCase(), fn, result, `${LOAD_XMM}\n ${name} xmm0, xmm0\n ${STORE_XMM}`, more);
  const truncating = { options, rounding: "minMag" } as const;
  return [
    ...toInteger,
    ...fromInteger,
    packed("cvtss2sd", "f32_to_f64", "f64"),
    packed("cvtsd2ss", "f64_to_f32", "f32"),
    packed("cvtps2pd", "f32_to_f64", "f64", { isPacked: true }),
    packed("cvtpd2ps", "f64_to_f32", "f32"),
    packed("cvtps2dq", "f32_to_i32", "i32", { options, isPacked: true }),
    packed("cvttps2dq", "f32_to_i32", "i32", { ...truncating, isPacked: true }),
    packed("cvtpd2dq", "f64_to_i32", "i32", { options }),
    packed("cvttpd2dq", "f64_to_i32", "i32", truncating),
    packed("cvtdq2ps", "i32_to_f32", "f32", { isPacked: true }),
    packed("cvtdq2pd", "i32_to_f64", "f64", { isPacked: true }),
    sse("CVTPS2PI", "f32_to_i32", "i32", `${LOAD_XMM}\n cvtps2pi mm0, xmm0\n movq [rdi], mm0\n emms`, { options }),
    sse("CVTTPS2PI", "f32_to_i32", "i32", `${LOAD_XMM}\n cvttps2pi mm0, xmm0\n movq [rdi], mm0\n emms`, truncating),
    sse("CVTPD2PI", "f64_to_i32", "i32", `${LOAD_XMM}\n cvtpd2pi mm0, xmm0\n movq [rdi], mm0\n emms`, { options }),
    sse("CVTTPD2PI", "f64_to_i32", "i32", `${LOAD_XMM}\n cvttpd2pi mm0, xmm0\n movq [rdi], mm0\n emms`, truncating),
    sse("CVTPI2PS", "i32_to_f32", "f32", `cvtpi2ps xmm0, [rsi]\n ${STORE_XMM}\n emms`),
    sse("CVTPI2PD", "i32_to_f64", "f64", `cvtpi2pd xmm0, [rsi]\n ${STORE_XMM}\n emms`),
  ];
}

export const OPERATIONS: readonly Operation[] = [
  ...x87Arithmetic(),
  ...x87Conversions(),
  ...x87Comparisons(),
  ...sseArithmetic(),
  ...sseComparisons(),
  ...sseConversions(),
];
