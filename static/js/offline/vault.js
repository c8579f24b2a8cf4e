// What a device keeps, encrypted: IndexedDB, AES-GCM by WebCrypto, under a key that no script can
// read out. Two drawers: `kept`, values by name, and `queue`, values in the order they were put.
//
//   const vault = await openVault("door");   // null where the browser cannot keep anything
//   await vault.put("list:7", {...}); await vault.get("list:7"); await vault.remove("list:7");
//   await vault.names();                     // names of what is kept, which are not encrypted
//   const id = await vault.push({...}); await vault.all(); await vault.drop(id);
const KEY = "key";

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened(name) {
  const request = indexedDB.open(`emn-${name}`, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("keys");
    request.result.createObjectStore("kept");
    request.result.createObjectStore("queue", { autoIncrement: true });
  };
  return promised(request);
}

// Two windows that open the vault at once: the first key that is written is the key of both.
async function keyOf(db) {
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const keys = db.transaction("keys", "readwrite").objectStore("keys");
  const known = await promised(keys.get(KEY));
  if (known) return known;
  await promised(keys.put(fresh, KEY));
  return fresh;
}

export async function openVault(name) {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return null;
  let db, key;
  try {
    db = await opened(name);
    key = await keyOf(db);
  } catch {
    return null; // a private window, a full disk
  }
  navigator.storage?.persist?.();

  async function sealed(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
  }

  async function read(box) {
    if (!box) return undefined;
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: box.iv }, key, box.data);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  // The transaction is awaited, not only its request: what is said to be kept is on the disk.
  async function written(drawer, act) {
    const transaction = db.transaction(drawer, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const request = act(transaction.objectStore(drawer));
    await done;
    return request.result;
  }

  const reading = (drawer) => db.transaction(drawer).objectStore(drawer);

  return {
    get: async (name) => read(await promised(reading("kept").get(name))),
    put: async (name, value) => {
      const box = await sealed(value);
      await written("kept", (drawer) => drawer.put(box, name));
    },
    remove: (name) => written("kept", (drawer) => drawer.delete(name)),
    names: () => promised(reading("kept").getAllKeys()),
    push: async (value) => {
      const box = await sealed(value);
      return written("queue", (drawer) => drawer.add(box));
    },
    all: async () => {
      const drawer = reading("queue");
      const [ids, boxes] = await Promise.all([promised(drawer.getAllKeys()), promised(drawer.getAll())]);
      return Promise.all(boxes.map(async (box, rank) => ({ id: ids[rank], value: await read(box) })));
    },
    drop: (id) => written("queue", (drawer) => drawer.delete(id)),
  };
}
