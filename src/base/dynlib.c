/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/dynlib.h"

#include <dlfcn.h>

static struct culprit_error *load_locked(struct dynlib *lib)
{
	void *handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND,
					    "%s; install the package %s (apt install %s)",
					    dlerror(), lib->package, lib->package);
	for (size_t i = 0; i < lib->n; i++) {
		lib->functions[i] = dlsym(handle, lib->names[i]);
		if (!lib->functions[i]) {
			dlclose(handle);
			return culprit_error_create(CULPRIT_ERROR_NOT_FOUND,
						    "%s has no function %s: the package %s is too old",
						    lib->soname, lib->names[i], lib->package);
		}
	}
	__atomic_store_n(&lib->loaded, true, __ATOMIC_RELEASE);
	return NULL;
}

struct culprit_error *dynlib_load(struct dynlib *lib)
{
	struct culprit_error *err = NULL;

	if (__atomic_load_n(&lib->loaded, __ATOMIC_ACQUIRE))
		return NULL;
	pthread_mutex_lock(&lib->lock);
	if (!lib->loaded)
		err = load_locked(lib);
	pthread_mutex_unlock(&lib->lock);
	return err;
}
