/** The catalogue of a library in IndexedDB. Other tabs are told by a BroadcastChannel. */
import { get, promisifyRequest } from "idb-keyval";
import type { UseStore } from "idb-keyval";
import { checkedCatalogue } from "./catalogue.ts";
import type { Catalogue, CatalogueKeeper } from "./catalogue.ts";
import { strictStore } from "./indexed-db.ts";

const KEY = "catalogue";

export class IndexedCatalogue implements CatalogueKeeper {
  private readonly store: UseStore;
  private readonly channel: BroadcastChannel;

  constructor(name: string) {
    this.store = strictStore(`${name}-catalogue`);
    this.channel = new BroadcastChannel(`${name}-catalogue`);
  }

  async read(): Promise<Catalogue> {
    return checkedCatalogue(await get(KEY, this.store));
  }

  async update<T>(change: (draft: Catalogue) => T): Promise<{ catalogue: Catalogue; result: T }> {
    const outcome = await this.store("readwrite", async (store) => {
      const draft = checkedCatalogue(await promisifyRequest(store.get(KEY)));
      let result: T;
      try {
        result = change(draft);
      } catch (error) {
        store.transaction.abort();
        throw error;
      }
      draft.revision++;
      store.put(draft, KEY);
      await promisifyRequest(store.transaction);
      return { catalogue: draft, result };
    });
    this.channel.postMessage(outcome.catalogue.revision);
    return outcome;
  }

  watch(onChange: () => void): () => void {
    const listener = (): void => onChange();
    this.channel.addEventListener("message", listener);
    return () => this.channel.removeEventListener("message", listener);
  }
}
