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
      /** of the page's section, for the top bar; from the server, so that pages without tabs carry none */
      tabs?: readonly {
        readonly href: string;
        readonly label: string;
        /** how many wait behind it, and said in words; '' when none do, or it is not known */
        readonly count: string;
        readonly said: string;
      }[];
    }
  }
}

export {};
