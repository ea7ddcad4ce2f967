# SPDX-License-Identifier: GPL-2.0-or-later
"""The ELF kernel out of an x86 bzImage: usage: vmlinux.py BZIMAGE OUT.

QEMU starts the ELF file directly (PVH), which saves the guest from unpacking the kernel, slow
without hardware support. The payload is where the boot protocol's header says."""
import lzma
import struct
import subprocess
import sys
import zlib

SECTOR = 512
SETUP_SECTORS = 0x1f1
MAGIC, MAGIC_AT = b"HdrS", 0x202
PAYLOAD_AT = 0x248


def piped(*command):
    return lambda data: subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


# The payload ends with its size, which some programs take for garbage.
UNPACK = {
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x1f\x8b": lambda data: zlib.decompressobj(31).decompress(data),
    b"\x28\xb5\x2f\xfd": lambda data: piped("zstd", "-dc")(data[:-4]),
    b"\x02\x21\x4c\x18": lambda data: piped("lz4", "-dc")(data[:-4]),
}


def payload(image):
    if image[MAGIC_AT:MAGIC_AT + 4] != MAGIC:
        raise ValueError("it is no bzImage")
    setup = (image[SETUP_SECTORS] or 4) + 1
    offset, length = struct.unpack_from("<II", image, PAYLOAD_AT)
    start = setup * SECTOR + offset
    if start + length > len(image):
        raise ValueError("it is cut off")
    return image[start:start + length]


def kernel(image):
    packed = payload(image)
    for magic, unpack in UNPACK.items():
        if packed.startswith(magic):
            elf = unpack(packed)
            if not elf.startswith(b"\x7fELF"):
                raise ValueError("there is no ELF file in it")
            return elf
    raise ValueError(f"its compression is unknown: {packed[:6].hex()}")


def main():
    try:
        with open(sys.argv[1], "rb") as file:
            elf = kernel(file.read())
    except (OSError, ValueError, struct.error, subprocess.SubprocessError) as error:
        sys.exit(f"vm: {sys.argv[1]}: {error}")
    with open(sys.argv[2], "wb") as file:
        file.write(elf)


main()
