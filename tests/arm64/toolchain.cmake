# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds for arm64 on another machine, with the cross compiler of Debian and the libraries of an
# unpacked Debian in -DNICEMU_SYSROOT=FOLDER. What it builds is run by qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

if(NOT NICEMU_SYSROOT)
	message(FATAL_ERROR "-DNICEMU_SYSROOT=FOLDER is missing (test_arm64.py makes one)")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NICEMU_SYSROOT)
set(CMAKE_SYSROOT ${NICEMU_SYSROOT})
# The cross compiler has headers of its own, of another age than the libraries'.
set(CMAKE_C_FLAGS_INIT "-isystem =/usr/include/aarch64-linux-gnu -isystem =/usr/include")
set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
	${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)

find_program(NICEMU_EMULATOR qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${NICEMU_EMULATOR} -L ${CMAKE_SYSROOT})
