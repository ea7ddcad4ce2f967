# SPDX-License-Identifier: GPL-2.0-or-later
#
# cmake -D FILES=… -D OUTPUT=… -P embed_models.cmake: these models as C, in the order in which they
# are shown.
list(SORT FILES)
foreach(FILE ${FILES})
	get_filename_component(NAME ${FILE} NAME_WE)
	set(PATH_${NAME} ${FILE})
	file(STRINGS ${FILE} COARSE REGEX "^status: *experimental")
	if(NAME STREQUAL "generic")
		list(APPEND FIRST ${NAME})
	elseif(NAME STREQUAL "none")
		list(APPEND SECOND ${NAME})
	elseif(COARSE)
		list(APPEND LAST ${NAME})
	else()
		list(APPEND WELL ${NAME})
	endif()
endforeach()

set(TEXTS "")
set(TABLE "")
foreach(NAME ${FIRST} ${SECOND} ${WELL} ${LAST})
	file(READ ${PATH_${NAME}} BYTES HEX)
	string(LENGTH "${BYTES}" DIGITS)
	math(EXPR SIZE "${DIGITS} / 2")
	if(SIZE EQUAL 0)
		message(FATAL_ERROR "${NAME}.yaml is empty")
	endif()
	string(REGEX REPLACE "(................................)" "\\1\n\t" BYTES "${BYTES}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," BYTES "${BYTES}")
	string(MAKE_C_IDENTIFIER ${NAME} IDENTIFIER)
	string(APPEND TEXTS
		"static const unsigned char text_${IDENTIFIER}[] = {\n\t${BYTES}\n};\n\n")
	string(APPEND TABLE
		"\t{\"${NAME}\", \"models/${NAME}.yaml\", text_${IDENTIFIER}, ${SIZE}},\n")
endforeach()

file(WRITE ${OUTPUT} "/* Made by embed_models.cmake: not to be edited. */\n"
	"#include \"model_builtin.h\"\n\n${TEXTS}"
	"const struct builtin_model builtin_models[] = {\n${TABLE}\t{NULL, NULL, NULL, 0},\n};\n")
