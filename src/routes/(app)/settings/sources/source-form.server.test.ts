import { describe, expect, it } from 'vitest';
import { AddForm, SaveForm } from './source-form.server.ts';

const save = (fields: Record<string, string>) =>
  SaveForm.safeParse({ source: 's', silent_after_minutes: '', ...fields }).data?.settings;

describe('the fields of a source', () => {
  it('a fee in percent and in money, with a comma or a point, becomes hundredths; blank is none', () => {
    expect(save({ fee_percent: '3,99', fee_fixed: '0.5' })).toEqual({ fee_bps: 399, fee_fixed_minor: 50 });
    expect(save({ fee_percent: '', fee_fixed: '12' })).toEqual({ fee_bps: 0, fee_fixed_minor: 1_200 });
    for (const wrong of ['3,999', '-1', '1.000,00', 'x', '101']) expect(save({ fee_percent: wrong })).toBeUndefined();
  });

  it('a table of items is read line by line, ids as text; a line that is no pair is refused', () => {
    expect(save({ skus: '271878346596884015;CAFE-1KG\r\n\n 12 = Chá verde \n13\tX' })).toEqual({
      skus: { '271878346596884015': 'CAFE-1KG', '12': 'Chá verde', '13': 'X' }
    });
    expect(save({ skus: '' })).toEqual({ skus: {} });
    expect(save({ skus: 'CAFE-1KG;12' })).toBeUndefined();
  });

  it('an account left blank is the platform’s own; what the form does not hold is not touched', () => {
    expect(save({ account: ' ' })).toEqual({ account: null });
    expect(save({})).toEqual({});
  });

  it('a name must fit into an address', () => {
    expect(AddForm.safeParse({ platform: 'pix', source: 'banco-pix', secret: '' }).data).toEqual({
      platform: 'pix',
      source: 'banco-pix',
      secret: undefined
    });
    expect(AddForm.safeParse({ platform: 'pix', source: 'a/b', secret: '' }).success).toBe(false);
  });
});
