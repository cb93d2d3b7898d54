/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words that patterns, JSON and people use for the public enumerations. */
#include "base/base.h"

const char *culprit_kind_name(enum culprit_kind kind)
{
	switch (kind) {
	case CULPRIT_KIND_CRASH: return "crash";
	case CULPRIT_KIND_BOOT_FAILURE: return "boot-failure";
	case CULPRIT_KIND_INFRASTRUCTURE: return "infrastructure";
	}
	return "unknown";
}

const char *culprit_phase_name(enum culprit_phase phase)
{
	switch (phase) {
	case CULPRIT_PHASE_NONE: return "none";
	case CULPRIT_PHASE_FIRMWARE: return "firmware";
	case CULPRIT_PHASE_BOOT_LOADER: return "boot-loader";
	case CULPRIT_PHASE_EARLY_KERNEL: return "early-kernel";
	case CULPRIT_PHASE_INITRAMFS: return "initramfs";
	case CULPRIT_PHASE_ROOT_MOUNT: return "root-mount";
	case CULPRIT_PHASE_INIT: return "init";
	case CULPRIT_PHASE_USERSPACE: return "userspace";
	case CULPRIT_PHASE_WORKLOAD: return "workload";
	case CULPRIT_PHASE_FINISHED: return "finished";
	}
	return "unknown";
}

const char *culprit_role_name(enum culprit_role role)
{
	switch (role) {
	case CULPRIT_ROLE_CALL_TRACE: return "call-trace";
	case CULPRIT_ROLE_PC: return "pc";
	case CULPRIT_ROLE_LINK_REGISTER: return "link-register";
	case CULPRIT_ROLE_ALLOCATED: return "allocated";
	case CULPRIT_ROLE_FREED: return "freed";
	case CULPRIT_ROLE_RELATED_WORK: return "related-work";
	case CULPRIT_ROLE_UNINIT_ORIGIN: return "uninit-origin";
	case CULPRIT_ROLE_LOCKDEP_CHAIN: return "lockdep-chain";
	case CULPRIT_ROLE_LOCK_TAKEN_AT: return "lock-taken-at";
	case CULPRIT_ROLE_RACE_ACCESS: return "race-access";
	case CULPRIT_ROLE_LEAK: return "leak";
	case CULPRIT_ROLE_OTHER_TASK: return "other-task";
	case CULPRIT_ROLE_OTHER: return "other";
	}
	return "unknown";
}
