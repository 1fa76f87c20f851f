"""A stopped thread's registers, and what a call and a system call look like on each architecture."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Sequence

from tuimon.joining.refusal import NotAllowed

RESTARTING = (-512, -513, -514, -516)
"""What the kernel leaves as the result of an interrupted system call that it is going to start again."""

INTERRUPTED = -4  # EINTR


X86_NAMES = (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
    "fs_base gs_base ds es fs gs"
)
"""In the kernel's order."""


class X86(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in X86_NAMES.split()]
    SYSTEM_CALL_AND_RETURN = b"\x0f\x05\xc3"
    MMAP = 9
    RED_ZONE = 128

    rax: int
    rip: int
    rsp: int
    orig_rax: int
    eflags: int

    @property
    def pc(self) -> int:
        return self.rip

    @property
    def result(self) -> int:
        return self.rax

    @property
    def stack(self) -> int:
        """Where a call may use the stack: an aligned place below what the thread uses."""
        return (self.rsp - self.RED_ZONE - 256) & ~0xF

    def prepare(self, target: int, arguments: Sequence[int], stack: int, system_call: int | None) -> None:
        """Call `target`; its return address, 0, has been written at `stack`."""
        fourth = "rcx" if system_call is None else "r10"
        for name, value in zip(("rdi", "rsi", "rdx", fourth, "r8", "r9"), (*arguments, *[0] * 6), strict=False):
            setattr(self, name, value)
        self.rax = system_call or 0
        self.orig_rax = (1 << 64) - 1  # no system call is to be started again
        self.rip, self.rsp = target, stack
        self.eflags &= ~0x400

    def interrupt(self) -> bool:
        """Let a waiting system call return EINTR, so that Python looks around. False when it waits in none."""
        waiting = self.orig_rax < 1 << 32 and ctypes.c_longlong(self.rax).value in RESTARTING
        if waiting:
            self.rax, self.orig_rax = INTERRUPTED & (1 << 64) - 1, (1 << 64) - 1
        return waiting


class Arm(ctypes.Structure):
    _fields_ = [
        ("x", ctypes.c_ulonglong * 31),
        ("sp", ctypes.c_ulonglong),
        ("counter", ctypes.c_ulonglong),
        ("state", ctypes.c_ulonglong),
    ]
    SYSTEM_CALL_AND_RETURN = b"\x01\x00\x00\xd4\xc0\x03\x5f\xd6"
    MMAP = 222

    @property
    def pc(self) -> int:
        return int(self.counter)

    @property
    def result(self) -> int:
        return int(self.x[0])

    @property
    def stack(self) -> int:
        return (int(self.sp) - 256) & ~0xF

    def prepare(self, target: int, arguments: Sequence[int], stack: int, system_call: int | None) -> None:
        """Call `target`; the link register takes the return address, 0."""
        for index, value in enumerate(arguments):
            self.x[index] = value
        if system_call is not None:
            self.x[8] = system_call
        self.x[30] = 0
        self.counter, self.sp = target, stack

    def interrupt(self) -> bool:
        return False  # which system call was waiting is not kept in the registers there


Registers = X86 | Arm

KINDS: dict[str, type[Registers]] = {"x86_64": X86, "aarch64": Arm}


def kind() -> type[Registers]:
    """The registers of this machine. Raises NotAllowed where nothing is known of them."""
    machine = platform.machine()
    if machine not in KINDS:
        raise NotAllowed(f"running processes cannot be joined on {machine}", "start them with `tuimon run`")
    return KINDS[machine]


def copied(registers: Registers) -> Registers:
    return type(registers).from_buffer_copy(bytes(registers))
