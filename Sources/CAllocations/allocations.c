#include "allocations.h"
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#ifdef __GLIBC__
// A malloc of the executable's own is taken before the C library's, also by the Swift runtime. The counter is plain:
// what is measured runs on one thread.
extern void *__libc_malloc(size_t size);
static long count;
void *malloc(size_t size) {
    count += 1;
    return __libc_malloc(size);
}
long allocation_count(void) { return count; }
void give_back(void) { malloc_trim(0); }
#else
long allocation_count(void) { return -1; }
void give_back(void) {}
#endif
