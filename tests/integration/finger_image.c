// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A made-up finger as a fingerprint reader sees it: finger_image SEED > FILE. What libfprint's virtual device takes: width and
// height as int, then so many grey pixels. The same seed is the same finger.
//
// Ridges grow out of noise: again and again, each place takes over what lies along the direction that ridges have there, and the
// opposite of what lies a ridge's width beside it. Directions turn around a core and a delta (Sherlock and Monro 1993).
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kWidth = 256, kHeight = 320, kReach = 7, kRounds = 12, kDirections = 32 };

static const double kPeriod = 9;  // pixels, at 500 dpi
static double now[kHeight][kWidth], next[kHeight][kWidth];
static double filter[kDirections][2 * kReach + 1][2 * kReach + 1];

static double chance(void) { return rand() / (double)RAND_MAX; }

static void make_filters(void) {
  for (int d = 0; d < kDirections; ++d)
    for (int y = -kReach; y <= kReach; ++y)
      for (int x = -kReach; x <= kReach; ++x) {
        const double angle = M_PI * d / kDirections;
        const double across = y * cos(angle) - x * sin(angle);
        filter[d][y + kReach][x + kReach] = cos(2 * M_PI * across / kPeriod) * exp(-(x * x + y * y) / 18.0);
      }
}

static void grow(double core_x, double core_y, double delta_x, double delta_y) {
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const double angle = (atan2(y - core_y, x - core_x) - atan2(y - delta_y, x - delta_x)) / 2 + M_PI / 2;
      const int d = (int)floor(fmod(angle + 4 * M_PI, M_PI) / M_PI * kDirections) % kDirections;
      double sum = 0;
      for (int v = -kReach; v <= kReach; ++v)
        for (int u = -kReach; u <= kReach; ++u) {
          const int row = y + v, column = x + u;
          if (row >= 0 && row < kHeight && column >= 0 && column < kWidth) sum += now[row][column] * filter[d][v + kReach][u + kReach];
        }
      next[y][x] = tanh(sum);
    }
  memcpy(now, next, sizeof now);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  srand((unsigned)atoi(argv[1]));
  make_filters();
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) now[y][x] = chance() < 0.01 ? 2 * chance() - 1 : 0;
  const double core_x = 100 + 60 * chance(), core_y = 110 + 40 * chance();
  const double delta_x = core_x + (chance() < 0.5 ? -90 : 90), delta_y = core_y + 130;
  for (int round = 0; round < kRounds; ++round) grow(core_x, core_y, delta_x, delta_y);
  const int32_t size[2] = {kWidth, kHeight};
  fwrite(size, sizeof size, 1, stdout);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const double away = hypot((x - kWidth / 2) / 115.0, (y - kHeight / 2) / 148.0);
      putchar(away > 1 ? 255 : (int)(127.5 - 110 * now[y][x]));
    }
  return fflush(stdout) == 0 ? 0 : 1;
}
