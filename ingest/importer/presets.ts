import type { Preset } from './conversion.ts';
import { ibmLatePayment } from './preset-ibm.ts';
import { olist } from './preset-olist.ts';
import { uciOnlineRetail } from './preset-uci.ts';

export const PRESETS = {
  'uci-online-retail': uciOnlineRetail,
  'ibm-late-payment': ibmLatePayment,
  olist
} satisfies Record<string, Preset>;
export type PresetName = keyof typeof PRESETS;

export const isPresetName = (name: string): name is PresetName => Object.hasOwn(PRESETS, name);
