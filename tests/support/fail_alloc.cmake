# SPDX-License-Identifier: GPL-2.0-or-later
# nicemu_fail_alloc(NAME): test_NAME can make allocations fail (support/fail_alloc.h).
function(nicemu_fail_alloc NAME)
	target_sources(test_${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/fail_alloc.c)
	target_include_directories(test_${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
	target_link_options(test_${NAME} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
		-Wl,--wrap=reallocarray,--wrap=aligned_alloc,--wrap=strdup)
endfunction()
