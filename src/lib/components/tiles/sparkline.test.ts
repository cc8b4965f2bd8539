import { describe, expect, it } from 'vitest';
import type { Tile } from '#lib/contracts/kpi.ts';
import { sparkOf } from './sparkline.ts';

const DAY = 86_400_000;
const tile = (series: Tile['series']): Tile => ({
  id: 'cash-in-today',
  seq: 1,
  state: 'live',
  value: null,
  unit: 'currency',
  as_of: '',
  watermark: null,
  ...(series && { series })
});

describe('sparkline', () => {
  it('draws today up to now on the width of the whole day, yesterday behind it', () => {
    const spark = sparkOf(
      tile([
        {
          name: 'today',
          points: [
            [DAY, 0],
            [DAY + DAY / 2, 100]
          ]
        },
        {
          name: 'yesterday',
          points: [
            [0, 0],
            [DAY, 200]
          ]
        }
      ])
    );
    expect(spark?.dot).toEqual({ x: 50, y: 50 });
    expect(spark?.line).toBe('M0.0 94.0L50.0 50.0');
    expect(spark?.reference).toBe('M0.0 94.0L100.0 6.0');
  });
  it('spans the days it has and skips holes', () => {
    const spark = sparkOf(
      tile([
        {
          name: 'days',
          points: [
            [0, 5],
            [1, null],
            [2, 10]
          ]
        }
      ])
    );
    expect(spark?.line).toBe('M0.0 94.0L100.0 6.0');
    expect(spark?.reference).toBe('');
  });
  it('shows zero when the line crosses it, and fills nothing then', () => {
    const spark = sparkOf(
      tile([
        {
          name: 'today',
          points: [
            [0, -100],
            [10, 100]
          ]
        }
      ])
    );
    expect(spark?.zero).toBe(50);
    expect(spark?.area).toBe('');
  });
  it('draws nothing from less than two points', () => {
    expect(sparkOf(tile([{ name: 'days', points: [[0, 1]] }]))).toBeUndefined();
    expect(sparkOf(tile(undefined))).toBeUndefined();
  });
});
