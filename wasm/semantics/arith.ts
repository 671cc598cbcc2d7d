/**
 * Binary addition, subtraction and logic: each operation stated once, for every operand size and form and for both
 * backends. `x` is the destination operand, `y` the source; flags are set by the backend from operands and result.
 * [SDM2] ADD ADC SUB SBB CMP AND OR XOR TEST INC DEC NEG NOT
 */

/** x + y; OF SF ZF AF CF PF */
@final export class ADD {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.trunc<S>(b.add(x, y));
    b.flagsAdd<S>(x, y, r);
    return r;
  }
}

/** x + y + CF; OF SF ZF AF CF PF */
@final export class ADC {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.trunc<S>(b.add(b.add(x, y), b.carry()));
    b.flagsAdc<S>(x, y, r);
    return r;
  }
}

/** x − y; OF SF ZF AF CF PF */
@final export class SUB {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.trunc<S>(b.sub(x, y));
    b.flagsSub<S>(x, y, r);
    return r;
  }
}

/** x − y − CF; OF SF ZF AF CF PF */
@final export class SBB {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.trunc<S>(b.sub(b.sub(x, y), b.carry()));
    b.flagsSbb<S>(x, y, r);
    return r;
  }
}

/** The flags of x − y. */
@final export class CMP {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.trunc<S>(b.sub(x, y));
    b.flagsSub<S>(x, y, r);
    return r;
  }
}

/** x AND y; SF ZF PF, CF = OF = 0 */
@final export class AND {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.and(x, y);
    b.flagsLogic<S>(r);
    return r;
  }
}

@final export class OR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.or(x, y);
    b.flagsLogic<S>(r);
    return r;
  }
}

@final export class XOR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.xor(x, y);
    b.flagsLogic<S>(r);
    return r;
  }
}

/** The flags of x AND y. */
@final export class TEST {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const r: V = b.and(x, y);
    b.flagsLogic<S>(r);
    return r;
  }
}

/** x + 1; CF is left alone */
@final export class INC {
  @inline apply<B, V, S>(b: B, x: V, _y: V): V {
    const r: V = b.trunc<S>(b.add(x, b.const(1)));
    b.flagsInc<S>(r);
    return r;
  }
}

/** x − 1; CF is left alone */
@final export class DEC {
  @inline apply<B, V, S>(b: B, x: V, _y: V): V {
    const r: V = b.trunc<S>(b.sub(x, b.const(1)));
    b.flagsDec<S>(r);
    return r;
  }
}

/** 0 − x */
@final export class NEG {
  @inline apply<B, V, S>(b: B, x: V, _y: V): V {
    const zero: V = b.const(0);
    const r: V = b.trunc<S>(b.sub(zero, x));
    b.flagsSub<S>(zero, x, r);
    return r;
  }
}

/** NOT x; no flags */
@final export class NOT {
  @inline apply<B, V, S>(b: B, x: V, _y: V): V {
    return b.trunc<S>(b.xor(x, b.const(~(<u64>0))));
  }
}
