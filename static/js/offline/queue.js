// Acts that wait for the network, in the order they happened, each under an identifier made here:
// sent twice, it is one act. `topic` sets apart those of one page; several may share a vault.
//
//   const queue = openQueue(vault, "door:7");
//   const act = await queue.add({ do: "scan", code });   // with `client_id` and `at`
//   await queue.all(); await queue.settle(["…client_id…"]);
export function openQueue(vault, topic, now = () => new Date()) {
  let last = Promise.resolve();
  const inTurn = (job) => (last = last.then(job, job)); // two acts at once keep their order

  async function mine() {
    return (await vault.all()).filter((row) => row.value.topic === topic);
  }

  return {
    add: (act) => {
      const whole = { ...act, topic, client_id: crypto.randomUUID(), at: now().toISOString() };
      return inTurn(async () => {
        await vault.push(whole);
        return whole;
      });
    },
    all: async () => (await mine()).map((row) => row.value),
    settle: async (clientIds) => {
      const over = new Set(clientIds);
      for (const row of await mine()) if (over.has(row.value.client_id)) await vault.drop(row.id);
    },
  };
}
