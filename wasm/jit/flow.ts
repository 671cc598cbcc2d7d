/**
 * The shape of a region's control flow: reverse postorder, dominators, loops, and places where paths meet. A loop that
 * can be entered elsewhere than at its head (irreducible flow) loses the edges back into it: they leave the region.
 */
import { Block, NO_BLOCK, block, blockCount, putsBack } from "./region";

/** Numbers of the blocks that can be reached, in reverse postorder. */
const ORDER: StaticArray<u8> = new StaticArray<u8>(64);
export let reachable: u32 = 0;

@inline export function inOrder(place: u32): u32 {
  return unchecked(ORDER[place]);
}

let seen: u64 = 0;
let postorder: u32 = 0;

@inline function bit(number: u32): u64 {
  return <u64>1 << number;
}

function visit(number: u32): void {
  seen |= bit(number);
  const b = block(number);
  // The branch that is taken last comes first: loops stay together.
  for (let left = b.targets; left != 0; left &= left - 1) if (!(seen & bit(<u32>ctz(left)))) visit(<u32>ctz(left));
  if (b.next != NO_BLOCK && !(seen & bit(b.next))) visit(b.next);
  if (b.taken != NO_BLOCK && !(seen & bit(b.taken))) visit(b.taken);
  postorder--;
  unchecked(ORDER[postorder] = <u8>number);
}

@inline export function dominates(a: u32, b: u32): bool {
  return (block(b).dominators & bit(a)) != 0;
}

/** An edge against the order. */
@inline export function goesBack(from: u32, to: u32): bool {
  return block(to).order <= block(from).order;
}

/** Orders the blocks and finds dominators, loops and merges. */
export function analyseFlow(): void {
  do {
    seen = 0;
    postorder = blockCount;
    for (let n: u32 = 0; n < blockCount; n++) block(n).order = NO_BLOCK;
    visit(0);
    const first = postorder;
    reachable = blockCount - first;
    for (let place: u32 = 0; place < reachable; place++) {
      const number = unchecked(ORDER[first + place]);
      unchecked(ORDER[place] = number);
      block(number).order = <u8>place;
    }
    findPredecessors();
    findDominators();
  } while (cutIrreducible());
  findMerges();
}

function findPredecessors(): void {
  for (let n: u32 = 0; n < blockCount; n++) block(n).predecessors = 0;
  for (let place: u32 = 0; place < reachable; place++) {
    const number = inOrder(place);
    const b = block(number);
    if (b.taken != NO_BLOCK) block(b.taken).predecessors |= bit(number);
    if (b.next != NO_BLOCK) block(b.next).predecessors |= bit(number);
    for (let left = b.targets; left != 0; left &= left - 1) block(<u32>ctz(left)).predecessors |= bit(number);
  }
}

function findDominators(): void {
  for (let n: u32 = 0; n < blockCount; n++) block(n).dominators = ~(<u64>0);
  block(0).dominators = 1;
  let changed = true;
  while (changed) {
    changed = false;
    for (let place: u32 = 1; place < reachable; place++) {
      const number = inOrder(place);
      const b = block(number);
      let common: u64 = ~(<u64>0);
      for (let left = b.predecessors; left != 0; left &= left - 1) common &= block(<u32>ctz(left)).dominators;
      common |= bit(number);
      if (common != b.dominators) {
        b.dominators = common;
        changed = true;
      }
    }
  }
  for (let place: u32 = 1; place < reachable; place++) {
    const number = inOrder(place);
    let nearest: u32 = 0;
    for (let left = block(number).dominators & ~bit(number); left != 0; left &= left - 1) {
      const candidate = <u32>ctz(left);
      if (block(candidate).order >= block(nearest).order) nearest = candidate;
    }
    block(number).immediateDominator = <u8>nearest;
  }
}

/** Takes away edges back to blocks that do not dominate their source; true if there were any. */
function cutIrreducible(): bool {
  let found = false;
  for (let place: u32 = 0; place < reachable; place++) {
    const number = inOrder(place);
    const b = block(number);
    if (isIrreducible(number, b.taken)) {
      b.taken = NO_BLOCK;
      found = true;
    }
    if (isIrreducible(number, b.next)) {
      b.next = NO_BLOCK;
      found = true;
    }
    for (let left = b.targets; left != 0; left &= left - 1) {
      if (!isIrreducible(number, <u8>ctz(left))) continue;
      b.targets &= ~bit(<u32>ctz(left));
      found = true;
    }
  }
  return found;
}

@inline function isIrreducible(from: u32, to: u32): bool {
  return to != NO_BLOCK && goesBack(from, to) && !dominates(to, from);
}

function findMerges(): void {
  for (let place: u32 = 0; place < reachable; place++) {
    const number = inOrder(place);
    const b = block(number);
    let forward: u32 = 0;
    b.isLoop = false;
    for (let left = b.predecessors; left != 0; left &= left - 1) {
      const from = <u32>ctz(left);
      if (goesBack(from, number)) b.isLoop = true;
      else forward += edges(from, number);
    }
    b.isMerge = forward > 1;
  }
}

/** Several ways may lead to the same block. */
@inline function edges(from: u32, to: u32): u32 {
  const b = block(from);
  return <u32>(b.taken == to) + <u32>(b.next == to) + (<u32>(b.targets >> to) & 1);
}

/** Registers that may have been written before each block, from what each block writes. */
export function findDirty(): void {
  for (let place: u32 = 0; place < reachable; place++) block(inOrder(place)).dirtyAtStart = 0;
  let changed = true;
  while (changed) {
    changed = false;
    for (let place: u32 = 0; place < reachable; place++) {
      const b = block(inOrder(place));
      const after: u32 = putsBack(b.end) ? 0 : b.dirtyAtStart | b.written;
      changed = spread(b.taken, after) || changed;
      changed = spread(b.next, after) || changed;
      for (let left = b.targets; left != 0; left &= left - 1) changed = spread(<u8>ctz(left), after) || changed;
    }
  }
}

function spread(to: u32, dirty: u32): bool {
  if (to == NO_BLOCK) return false;
  const b: Block = block(to);
  if ((b.dirtyAtStart | dirty) == b.dirtyAtStart) return false;
  b.dirtyAtStart |= dirty;
  return true;
}
