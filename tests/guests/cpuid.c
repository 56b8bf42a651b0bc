/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's CPU says of its hypervisor: the leaves from 0x40000000 and from 0x40000100, one a line. */
#include <cpuid.h>
#include <stdio.h>

static void show(unsigned first, unsigned count)
{
	for (unsigned leaf = first; leaf < first + count; leaf++) {
		unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
		__cpuid(leaf, eax, ebx, ecx, edx);
		(void)printf("LEAF %08x %08x %08x %08x %08x END\n", leaf, eax, ebx, ecx, edx);
	}
}

int main(void)
{
	show(0x40000000, 7);
	show(0x40000100, 2);
	return 0;
}
