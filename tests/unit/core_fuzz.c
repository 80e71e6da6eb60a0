/* Edges that an instrumented build runs through: gcc's -fsanitize-coverage=trace-pc calls this at each basic block. */
#include <stdint.h>
#include <string.h>

static uint8_t edges[65536];
static uintptr_t before;

void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    here ^= here >> 15;
    uint8_t *count = &edges[(here ^ before) & 65535];
    *count += *count < 255;
    before = here >> 1;
}

void edges_clear(void) { memset(edges, 0, sizeof edges); before = 0; }

/* Mark what this run saw and no run before: each edge by the power of two of its count. Returns how many are new. */
int edges_new(uint8_t *known) {
    int fresh = 0;
    for (int i = 0; i < 65536; i++) {
        uint8_t bits = 0;
        for (uint8_t n = edges[i]; n; n >>= 1) bits = (uint8_t)(bits << 1 | 1);
        fresh += (bits & ~known[i]) != 0;
        known[i] |= bits;
    }
    return fresh;
}
