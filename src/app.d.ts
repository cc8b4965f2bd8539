import type { KpisAnswer } from '#lib/contracts/kpi.ts';
import type { Caller, Services } from '#lib/server/services.server.ts';

declare global {
  namespace App {
    interface Error {
      message: string;
      code?: string;
    }
    interface Locals {
      services: Services;
      caller: Caller | null;
      locale: 'pt-BR' | 'en';
      theme: 'light' | 'dark';
    }
    interface PageData {
      locale: 'pt-BR' | 'en';
      theme: 'light' | 'dark';
      /** the page's figures; null: they could not be read */
      answer?: KpisAnswer | null;
    }
  }
}

export {};
