/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rcu.h"

#ifdef __SANITIZE_THREAD__

#include <sanitizer/tsan_interface.h>

void __real_urcu_memb_synchronize_rcu(void);
void __wrap_urcu_memb_synchronize_rcu(void);

static char sections_ended;

void __wrap_urcu_memb_synchronize_rcu(void)
{
	__real_urcu_memb_synchronize_rcu();
	__tsan_acquire(&sections_ended);
}

void rcu_read_end(void)
{
	__tsan_release(&sections_ended);
	rcu_read_unlock();
}

#else

void rcu_read_end(void)
{
	rcu_read_unlock();
}

#endif
