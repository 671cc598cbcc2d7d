/**
 * SHLD and SHRD: bits of a second operand come in. A count of 0 changes nothing but that a 32-bit register is zero-extended.
 * For 16-bit operands a count above 16 is undefined: bits of the source come in a second time and CF is 0, as in AMD's
 * processors. AF stays as it was.
 * [SDM2] SHLD, SHRD
 */

class Left {
  @inline apply<B, V, S>(b: B, x: V, y: V, n: V): V {
    const word: V = b.const(32);
    let r: V, cf: V;
    if (b.hasBits<S>(64)) {
      const back: V = b.sub(b.const(64), n);
      r = b.or(b.shl(x, n), b.shr(y, back));
      cf = b.shr(x, back);
    } else if (b.hasBits<S>(32)) {
      r = b.trunc<S>(b.shr(b.shl(b.or(b.shl(x, word), y), n), word));
      cf = b.shr(x, b.sub(word, n));
    } else {
      const ring: V = b.or(b.shl(x, word), b.or(b.shl(y, b.const(16)), y));
      r = b.trunc<S>(b.shr(b.shl(ring, n), word));
      cf = b.shr(b.shl(x, n), b.const(16));
    }
    return finish<B, V, S>(b, x, r, cf, n);
  }
}

class Right {
  @inline apply<B, V, S>(b: B, x: V, y: V, n: V): V {
    const word: V = b.const(32);
    const before: V = b.sub(n, b.const(1));
    let r: V, cf: V;
    if (b.hasBits<S>(64)) {
      r = b.or(b.shr(x, n), b.shl(y, b.sub(b.const(64), n)));
      cf = b.shr(x, before);
    } else if (b.hasBits<S>(32)) {
      const ring: V = b.or(b.shl(y, word), x);
      r = b.trunc<S>(b.shr(ring, n));
      cf = b.shr(ring, before);
    } else {
      const ring: V = b.or(b.shl(y, word), b.or(b.shl(y, b.const(16)), x));
      r = b.trunc<S>(b.shr(ring, n));
      cf = b.shr(x, before);
    }
    return finish<B, V, S>(b, x, r, cf, n);
  }
}

/** The result and its flags where the count is not 0, else x. */
@inline function finish<B, V, S>(b: B, x: V, r: V, cf: V, n: V): V {
  const result: V = b.choose(n, r, x);
  if (b.beginIf(n)) {
    b.flagsDoubleShift<S>(r, cf, b.topBit<S>(b.xor(x, r)));
    b.endIf();
  }
  return result;
}

@final export class SHLD_I extends Left {}
@final export class SHLD_CL extends Left {}
@final export class SHRD_I extends Right {}
@final export class SHRD_CL extends Right {}
