; A tour of modes for comparing traces: real mode, protected mode, long mode, with interrupts and exceptions in each.
bits 16
org 0
start:
  mov edx, 0x1234
  mov eax, 0x80000001
  add eax, eax
  mov bx, cs
  mov ds, bx
  xor cx, cx
  mov ss, cx
  mov sp, 0x7000
  mov es, cx
  mov word [es:0x84], real_handler
  mov word [es:0x86], 0xf000
  int 0x21
  mov cx, 5
  mov si, start
  mov di, 0x500
  cld
  rep movsb
  mov cx, 4
.again:
  dec dx
  loop .again
  std
  cld
  lgdt [gdtr]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  jmp dword 0x08:0xf0000 + protected
real_handler:
  push ax
  pop ax
  iret

bits 32
protected:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov fs, ax
  mov gs, ax
  mov esp, 0x7000
  lidt [0xf0000 + idtr32]
  ; IDT at 0x1000: vectors 6, 0x30
  mov eax, 0xf0000 + ud_handler
  mov [0x1030], ax
  mov word [0x1032], 8
  mov word [0x1034], 0x8e00
  shr eax, 16
  mov [0x1036], ax
  mov eax, 0xf0000 + int_handler
  mov [0x1180], ax
  mov word [0x1182], 8
  mov word [0x1184], 0x8f00
  shr eax, 16
  mov [0x1186], ax
  ud2
  int 0x30
  ; page tables at 0x2000: 2 MiB pages
  mov dword [0x2000], 0x3003
  mov dword [0x2004], 0
  mov dword [0x3000], 0x4003
  mov dword [0x3004], 0
  mov dword [0x4000], 0x83
  mov dword [0x4004], 0
  mov eax, 0x2000
  mov cr3, eax
  mov eax, cr4
  or eax, 0x20
  mov cr4, eax
  mov ecx, 0xc0000080
  rdmsr
  or eax, 0x100
  wrmsr
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  jmp 0x18:0xf0000 + long_mode
ud_handler:
  add dword [esp], 2
  iret
int_handler:
  mov ebx, 0x55aa
  iret

bits 64
long_mode:
  mov rax, 0x123456789abcdef0
  mov r8, rax
  mov r15, -1
  lidt [0xf0000 + idtr64]
  mov eax, 0xf0000 + pf_handler
  mov [0x50e0], ax
  mov word [0x50e2], 0x18
  mov word [0x50e4], 0x8e00
  shr eax, 16
  mov [0x50e6], ax
  mov dword [0x50e8], 0
  mov rsi, 0x7fff12345678
  mov rcx, [rsi]
  neg r15
  xor eax, eax
  mov ecx, 3
  lea rdi, [rsp - 64]
  rep stosq
  mov ecx, 0xc0000100
  mov eax, 0x1000
  xor edx, edx
  wrmsr
  mov rax, [fs:8]
  hlt
pf_handler:
  mov rbx, cr2
  add qword [rsp + 8], 3
  add rsp, 8
  iretq

align 8
gdt:
  dq 0
  dq 0x00cf9b000000ffff
  dq 0x00cf93000000ffff
  dq 0x00af9b000000ffff
gdtr: dw 31
  dd 0xf0000 + gdt
idtr32: dw 0x7ff
  dd 0x1000
idtr64: dw 0xfff
  dq 0x5000
times 0xfff0 - ($ - $$) db 0xf4
bits 16
  jmp 0xf000:start
times 0x10000 - ($ - $$) db 0
