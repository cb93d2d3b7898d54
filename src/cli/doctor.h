/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CULPRIT_CLI_DOCTOR_H
#define CULPRIT_CLI_DOCTOR_H

/*
 * What is needed and missing on this machine, a line for each on standard output; how many there are.
 * for_what: index of a runner among the words of doctor's --for (qemu, uml, virtme, ssh, syzkaller).
 */
unsigned int doctor_check(unsigned int for_what);

#endif
