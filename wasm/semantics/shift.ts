/**
 * Shifts and rotates by an immediate or CL. The count is taken modulo 32 (64 for quadwords); a count of 0 changes no
 * flag. OF is defined for counts of 1 only; it is computed by the same rule for all, as processors do.
 * [SDM2] SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR
 */
import { Cpu, FLAG_CF, FLAG_OF } from "../cpu/state";

@final export class SHL {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.shiftCount<S>(y);
    const r: V = b.trunc<S>(b.shl(x, n));
    if (b.beginIf(n)) {
      b.flagsShl<S>(b.shl(x, b.sub(n, b.const(1))), r);
      b.endIf();
    }
    return r;
  }
}

@final export class SHR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.shiftCount<S>(y);
    const r: V = b.shr(x, n);
    if (b.beginIf(n)) {
      b.flagsShr<S>(b.shr(x, b.sub(n, b.const(1))), r);
      b.endIf();
    }
    return r;
  }
}

@final export class SAR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.shiftCount<S>(y);
    const wide: V = b.sext<S>(x);
    const r: V = b.trunc<S>(b.sar(wide, n));
    if (b.beginIf(n)) {
      b.flagsSar<S>(b.sar(wide, b.sub(n, b.const(1))), r);
      b.endIf();
    }
    return r;
  }
}

@final export class ROL {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.shiftCount<S>(y);
    const r: V = b.rotl<S>(x, n);
    if (b.beginIf(n)) {
      b.flagsRotl<S>(r);
      b.endIf();
    }
    return r;
  }
}

@final export class ROR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.shiftCount<S>(y);
    const r: V = b.rotr<S>(x, n);
    if (b.beginIf(n)) {
      b.flagsRotr<S>(r);
      b.endIf();
    }
    return r;
  }
}

/** Through carry: the operand with CF above its top bit is rotated as one ring. */
@final export class RCL {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    return b.rcl<S>(x, b.shiftCount<S>(y));
  }
}

@final export class RCR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    return b.rcr<S>(x, b.shiftCount<S>(y));
  }
}

/** RCL of a `bits`-wide operand; `n` is already masked. A plain function for both backends. */
export function rotateCarryLeft(cpu: Cpu, x: u64, n: u32, bits: u32): u64 {
  if (n == 0) return x;
  n = n % (bits + 1); // a full turn leaves the operand and CF, and still sets OF
  const top = <u64>1 << (bits - 1);
  let cf: u64 = cpu.flagAux & FLAG_CF;
  for (let i: u32 = 0; i < n; i++) {
    const out: u64 = x & top ? 1 : 0;
    x = (x << 1) | cf;
    cf = out;
  }
  if (bits < 64) x &= (top << 1) - 1;
  const ovf: u32 = <u32>(x & top ? 1 : 0) ^ <u32>cf;
  cpu.flagAux = (cpu.flagAux & ~(FLAG_CF | FLAG_OF)) | <u32>cf | (ovf << 11);
  return x;
}

export function rotateCarryRight(cpu: Cpu, x: u64, n: u32, bits: u32): u64 {
  if (n == 0) return x;
  n = n % (bits + 1); // a full turn leaves the operand and CF, and still sets OF
  const top = <u64>1 << (bits - 1);
  let cf: u64 = cpu.flagAux & FLAG_CF;
  for (let i: u32 = 0; i < n; i++) {
    const out = x & 1;
    x = (x >> 1) | (cf ? top : 0);
    cf = out;
  }
  const ovf: u32 = <u32>(x & top ? 1 : 0) ^ <u32>(x & (top >> 1) ? 1 : 0);
  cpu.flagAux = (cpu.flagAux & ~(FLAG_CF | FLAG_OF)) | <u32>cf | (ovf << 11);
  return x;
}
