/* The passes over samples, eight 16-bit lanes at a time.
 *
 * Written with the compiler's vector types, which every architecture has (SSE2, NEON, or plain words), because what a
 * compiler makes of the scalar loops differs by a factor of seven between versions (docs/performance.md). Integers
 * alone: every form gives the same sums. EVL_PORTABLE leaves the x86 instructions out; `make sanitize` tests that form.
 */
#ifndef EVL_LANES_H
#define EVL_LANES_H
#include <stdint.h>
#include <string.h>

typedef int16_t evl_v8 __attribute__((vector_size(16)));
typedef int32_t evl_v4 __attribute__((vector_size(16)));
typedef uint32_t evl_u4 __attribute__((vector_size(16)));

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define EVL_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define EVL_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#endif
#endif
#ifndef EVL_LOW
#define EVL_LOW(a, b) __builtin_shuffle(a, b, (evl_v8){0, 8, 1, 9, 2, 10, 3, 11})
#define EVL_HIGH(a, b) __builtin_shuffle(a, b, (evl_v8){4, 12, 5, 13, 6, 14, 7, 15})
#endif

#if defined(__SSE2__) && !defined(EVL_PORTABLE)
static inline evl_v8 evl_least(evl_v8 a, evl_v8 b) { return (evl_v8)__builtin_ia32_pminsw128(a, b); }
static inline evl_v8 evl_most(evl_v8 a, evl_v8 b) { return (evl_v8)__builtin_ia32_pmaxsw128(a, b); }
static inline evl_v4 evl_pairs(evl_v8 a, evl_v8 b) { return (evl_v4)__builtin_ia32_pmaddwd128(a, b); }
#else
static inline evl_v8 evl_least(evl_v8 a, evl_v8 b) { evl_v8 m = a < b; return (a & m) | (b & ~m); }
static inline evl_v8 evl_most(evl_v8 a, evl_v8 b) { evl_v8 m = a > b; return (a & m) | (b & ~m); }
/* sums of the products of neighbours; two times (-2^15)^2 is 2^31, which wraps as the instruction does */
static inline evl_v4 evl_pairs(evl_v8 a, evl_v8 b) {
    evl_v4 r;
    for (int k = 0; k < 4; k++)
        r[k] = (int32_t)((uint32_t)((int32_t)a[2 * k] * b[2 * k]) + (uint32_t)((int32_t)a[2 * k + 1] * b[2 * k + 1]));
    return r;
}
#endif

static inline evl_v8 evl_at(const int16_t *x) { evl_v8 v; memcpy(&v, x, sizeof v); return v; }
static inline int32_t evl_sum8(evl_v8 v) { int32_t s = 0; for (int k = 0; k < 8; k++) s += v[k]; return s; }
static inline uint32_t evl_sum4(evl_u4 v) { return v[0] + v[1] + v[2] + v[3]; }
static inline int16_t evl_least8(evl_v8 v) {
    int16_t r = v[0];
    for (int k = 1; k < 8; k++) r = v[k] < r ? v[k] : r;
    return r;
}
static inline int16_t evl_most8(evl_v8 v) {
    int16_t r = v[0];
    for (int k = 1; k < 8; k++) r = v[k] > r ? v[k] : r;
    return r;
}

/* Samples of a window that are looked at: those with two neighbours before and one behind. */
#define EVL_FIRST 2
#define EVL_LAST 993

typedef struct {
    int32_t high, low;     /* sums of the samples on a plateau, above and below 0 V */
    int32_t n_high, n_low; /* how many: those whose neighbours lie on the same side */
    int32_t above;         /* all samples at or above 0 V */
    int32_t rises;         /* crossings of 0 V upward */
    int32_t high_min, high_max, low_min, low_max;
} evl_plateaus;

/* One pass over a window of 1000 pilot samples. A sample counts for its plateau if the two before it and the one
 * behind it are on its side of 0 V: that leaves the edges out. */
static inline void evl_measure(const int16_t *x, evl_plateaus *r) {
    const evl_v8 top = {32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767};
    const evl_v8 zero = {0};
    evl_v4 high = {0}, low = {0};
    evl_v8 n_high = zero, n_low = zero, above = zero, rises = zero;
    evl_v8 high_max = zero, high_min = top, low_min = zero, low_max = ~top;
    for (int i = EVL_FIRST; i < EVL_LAST; i += 8) {
        const evl_v8 v = evl_at(x + i), p = evl_at(x + i - 1), o = evl_at(x + i - 2), n = evl_at(x + i + 1);
        const evl_v8 any = (v | p | o | n) >> 15; /* -1 where one of the four is below 0 V */
        const evl_v8 all = (v & p & o & n) >> 15;
        const evl_v8 none = ~any, v_low = v & all;
        high += evl_pairs(v, none);
        low += evl_pairs(v, all);
        n_high += none;
        n_low += all;
        above += v >> 15;
        rises += (p & ~v) >> 15;
        high_max = evl_most(high_max, v & none);
        high_min = evl_least(high_min, (v | any) & top);
        low_min = evl_least(low_min, v_low);
        low_max = evl_most(low_max, v_low | ~top);
    }
    r->high = -(int32_t)evl_sum4((evl_u4)high);
    r->low = -(int32_t)evl_sum4((evl_u4)low);
    r->n_high = -evl_sum8(n_high);
    r->n_low = -evl_sum8(n_low);
    r->above = EVL_LAST - EVL_FIRST + 1 + evl_sum8(above);
    r->rises = -evl_sum8(rises);
    r->high_min = evl_least8(high_min);
    r->high_max = evl_most8(high_max);
    r->low_min = evl_least8(low_min);
    r->low_max = evl_most8(low_max);
}

/* The first sample from i on (i <= end) that is not on the side of 0 V given by `below`; end where there is none. */
static inline int32_t evl_run(const int16_t *x, int32_t i, int32_t end, int below) {
    const uint64_t signs = UINT64_C(0x8000800080008000), same = below ? signs : 0;
    for (; i + 4 <= end; i += 4) {
        uint64_t four;
        memcpy(&four, x + i, sizeof four);
        if ((four & signs) != same) break;
    }
    while (i < end && (x[i] < 0) == below) i++;
    return i;
}

/* The same backward: the last sample up to i that is on the other side; -1 where there is none. */
static inline int32_t evl_run_back(const int16_t *x, int32_t i, int below) {
    const uint64_t signs = UINT64_C(0x8000800080008000), same = below ? signs : 0;
    for (; i >= 3; i -= 4) {
        uint64_t four;
        memcpy(&four, x + i - 3, sizeof four);
        if ((four & signs) != same) break;
    }
    while (i >= 0 && (x[i] < 0) == below) i--;
    return i;
}

/* One channel out of frames of `step` samples: n of them into `out`. Nothing behind the last one is read. */
static inline void evl_channel(const int16_t *x, int32_t n, int32_t step, int16_t *out) {
    int32_t i = 0;
    if (step == 1) {
        memcpy(out, x, n * sizeof *x);
        return;
    }
    for (; step == 4 && i + 8 < n; i += 8) { /* the last frame may end with the channel */
        const evl_v8 a = evl_at(x + 4 * i), b = evl_at(x + 4 * i + 8);
        const evl_v8 c = evl_at(x + 4 * i + 16), d = evl_at(x + 4 * i + 24);
        const evl_v8 even = EVL_LOW(EVL_LOW(a, c), EVL_LOW(b, d)), odd = EVL_LOW(EVL_HIGH(a, c), EVL_HIGH(b, d));
        const evl_v8 channel = EVL_LOW(even, odd);
        memcpy(out + i, &channel, sizeof channel);
    }
    for (; i < n; i++) out[i] = x[(int64_t)step * i];
}

typedef struct {
    uint64_t squares[3];
    int64_t sums[3];
    int32_t least[3], most[3];
} evl_currents;

/* Part up to 4096 frames (cp, i1, i2, i3) into the pilot and, of the currents, exact sums, squares and extremes. */
static inline void evl_split(const int16_t *x, int32_t n, int16_t *pilot, evl_currents *r) {
    const evl_v4 half = {65535, 65535, 65535, 65535};
    const evl_v8 one = {1, 1, 1, 1, 1, 1, 1, 1};
    evl_v4 lower[3] = {{0}}, upper[3] = {{0}}, sums[3] = {{0}}; /* squares in halves: no lane can run over */
    evl_v8 least[3], most[3];
    int32_t i = 0;
    for (int k = 0; k < 3; k++) {
        least[k] = (evl_v8){0} + one * 32767;
        most[k] = ~least[k];
    }
    for (; i + 8 <= n; i += 8) {
        const evl_v8 a = evl_at(x + 4 * i), b = evl_at(x + 4 * i + 8);
        const evl_v8 c = evl_at(x + 4 * i + 16), d = evl_at(x + 4 * i + 24);
        const evl_v8 ac = EVL_LOW(a, c), ca = EVL_HIGH(a, c), bd = EVL_LOW(b, d), db = EVL_HIGH(b, d);
        const evl_v8 even01 = EVL_LOW(ac, bd), even23 = EVL_HIGH(ac, bd);
        const evl_v8 odd01 = EVL_LOW(ca, db), odd23 = EVL_HIGH(ca, db);
        const evl_v8 cp = EVL_LOW(even01, odd01);
        const evl_v8 phase[3] = {EVL_HIGH(even01, odd01), EVL_LOW(even23, odd23), EVL_HIGH(even23, odd23)};
        memcpy(pilot + i, &cp, sizeof cp);
        for (int k = 0; k < 3; k++) {
            const evl_v4 s = evl_pairs(phase[k], phase[k]);
            lower[k] += s & half;
            upper[k] += (evl_v4)((evl_u4)s >> 16);
            sums[k] += evl_pairs(phase[k], one);
            least[k] = evl_least(least[k], phase[k]);
            most[k] = evl_most(most[k], phase[k]);
        }
    }
    for (int k = 0; k < 3; k++) {
        const int16_t low = evl_least8(least[k]), high = evl_most8(most[k]);
        r->squares[k] += ((uint64_t)evl_sum4((evl_u4)upper[k]) << 16) + evl_sum4((evl_u4)lower[k]);
        r->sums[k] += (int32_t)evl_sum4((evl_u4)sums[k]);
        if (i && low < r->least[k]) r->least[k] = low;
        if (i && high > r->most[k]) r->most[k] = high;
    }
    for (; i < n; i++) {
        pilot[i] = x[4 * i];
        for (int k = 0; k < 3; k++) {
            const int32_t v = x[4 * i + 1 + k];
            r->squares[k] += (uint64_t)((int64_t)v * v);
            r->sums[k] += v;
            if (v < r->least[k]) r->least[k] = v;
            if (v > r->most[k]) r->most[k] = v;
        }
    }
}
#endif
