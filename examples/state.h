/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that outlive the process: all exchanges of an interface in a file, and back. */
#ifndef DUMBO_EXAMPLES_STATE_H
#define DUMBO_EXAMPLES_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "interface.h"

/* Writes all exchanges to the file, and ends them here without a word to the guest. Complains on stderr and returns
 * false when that fails; then they go on as if nothing had been asked. */
bool state_save(const char *path, struct interface *interface, uint64_t now);

/* Goes on with the exchanges in the file, if it exists, and removes it. Whatever clock they were saved by, their times
 * are moved to the one that now is read from. The interface has no exchanges yet. Complains on stderr and returns false
 * when the file is damaged, or speaks of what is not there any more; then it is left as it is. */
bool state_restore(const char *path, struct interface *interface, uint64_t now);

#endif
