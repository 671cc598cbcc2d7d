/**
 * Small loops that never end, as machine code with its source beside it. Each is loaded at 0x10000 and starts over by
 * itself, so that any number of instructions can be run.
 */

const CODE = 0x10000;
const STACK = 0x90000;

/** Bytes from hexadecimal text. */
const hex = (text) => Uint8Array.from(text.split(" "), (byte) => parseInt(byte, 16));

function enter(core, long, bytes) {
  core.put(CODE, bytes);
  if (long) core.enterLong();
  else core.enterProtected();
  core.setReg("rsp", STACK);
  core.rip = CODE;
  return core;
}

export const loops = [
  {
    name: "checksum (32-bit)",
    // start: mov esi,100000h; mov ecx,4000h; xor eax,eax
    // l:     add eax,[esi]; rol eax,3; add esi,4; dec ecx; jnz l; jmp start
    load: (core) =>
      enter(core, false, hex("be 00 00 10 00 b9 00 40 00 00 31 c0 03 06 c1 c0 03 83 c6 04 49 75 f5 eb e7")),
  },
  {
    name: "mix (64-bit)",
    // start: mov rcx,10000
    // l:     mov rdx,rax; shl rdx,13; xor rax,rdx; mov rdx,rax; shr rdx,7; xor rax,rdx; lea rax,[rax+rcx*8+1]
    //        dec rcx; jnz l; jmp start
    load: (core) =>
      enter(
        core,
        true,
        hex(
          "b9 10 27 00 00 48 89 c2 48 c1 e2 0d 48 31 d0 48 89 c2 48 c1 ea 07 48 31 d0 48 8d 44 c8 01 48 ff c9 75 e2 eb db",
        ),
      ),
  },
  {
    name: "bubble sort (32-bit)",
    // start: mov edi,100000h; mov ecx,64; mov eax,12345h
    // fill:  imul eax,eax,343FDh; add eax,269EC3h; mov [edi+ecx*4],eax; dec ecx; jnz fill; mov ecx,63
    // outer: mov edx,1
    // inner: mov eax,[edi+edx*4]; mov ebx,[edi+edx*4+4]; cmp eax,ebx; jle next; mov [edi+edx*4],ebx; mov [edi+edx*4+4],eax
    // next:  inc edx; cmp edx,ecx; jle inner; dec ecx; jnz outer; jmp start
    load: (core) =>
      enter(
        core,
        false,
        hex(
          "bf 00 00 10 00 b9 40 00 00 00 b8 45 23 01 00 69 c0 fd 43 03 00 05 c3 9e 26 00 89 04 8f 49 75 ef b9 3f 00 00 00 ba 01 00 00 00 8b 04 97 8b 5c 97 04 39 d8 7e 07 89 1c 97 89 44 97 04 42 39 ca 7e e9 49 75 e1 eb ba",
        ),
      ),
  },
  {
    name: "calls (32-bit)",
    // start: mov ecx,10000
    // l:     push ecx; call f; pop ecx; dec ecx; jnz l; jmp start
    // f:     push ebp; mov ebp,esp; mov eax,[ebp+8]; lea eax,[eax+eax*2]; pop ebp; ret
    load: (core) =>
      enter(core, false, hex("b9 10 27 00 00 51 e8 06 00 00 00 59 49 75 f6 eb ef 55 89 e5 8b 45 08 8d 04 40 5d c3")),
  },
  {
    name: "copy (32-bit)",
    // start: mov esi,100000h; mov edi,200000h; mov ecx,4000h
    // l:     mov eax,[esi]; mov [edi],eax; add esi,4; add edi,4; sub ecx,1; jnz l; jmp start
    load: (core) =>
      enter(
        core,
        false,
        hex("be 00 00 10 00 bf 00 00 20 00 b9 00 40 00 00 8b 06 89 07 83 c6 04 83 c7 04 83 e9 01 75 f1 eb e0"),
      ),
  },
];
