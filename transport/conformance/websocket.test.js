// graphql-transport-ws: the client of graphql-ws, and a bare socket where the
// client itself would never break a rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = `${process.env.DECNET_URL.replace('http', 'ws')}/graphql`;

function client(options = {}) {
  return createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

// all collects the results of an operation until it completes.
async function all(client, query, variables) {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
}

// bare opens a socket without a client's manners. Its messages and its close
// are promises.
function bare(protocols = 'graphql-transport-ws') {
  const socket = protocols ? new WebSocket(url, protocols) : new WebSocket(url);
  const messages = [];
  const closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on('message', (data) => messages.push(JSON.parse(data)));
  socket.on('error', () => {});
  const opened = new Promise((resolve) => socket.on('open', resolve));
  const send = (message) => socket.send(JSON.stringify(message));
  const until = async (condition) => {
    while (!messages.some(condition)) await new Promise((resolve) => socket.once('message', resolve));
  };
  const init = async () => {
    await opened;
    send({ type: 'connection_init' });
    await until((m) => m.type === 'connection_ack');
  };
  return { socket, messages, closed, opened, send, until, init };
}

test('a query', async () => {
  const c = client();
  assert.deepEqual(await all(c, '{ hello }'), [{ data: { hello: 'world' } }]);
  await c.dispose();
});

test('a mutation with variables', async () => {
  const c = client();
  const results = await all(c, 'mutation M($v: Int!) { set(value: $v) }', { v: 7 });
  assert.deepEqual(results, [{ data: { set: 7 } }]);
  await c.dispose();
});

test('a subscription, whole and in order', async () => {
  const c = client();
  const results = await all(c, 'subscription { count(to: 500) }');
  assert.deepEqual(results.map((r) => r.data.count), Array.from({ length: 500 }, (_, i) => i + 1));
  await c.dispose();
});

test('the payload of the acknowledgement', async () => {
  let payload;
  const c = client({ on: { connected: (_, p) => (payload = p) } });
  await all(c, '{ hello }');
  assert.deepEqual(payload, { welcome: true });
  await c.dispose();
});

test('a validation error is an error', async () => {
  const c = client();
  await assert.rejects(all(c, '{ nothing }'), (errors) => {
    assert.match(errors[0].message, /nothing/);
    return true;
  });
  await c.dispose();
});

test('an error in the middle of a subscription is an error', async () => {
  const c = client();
  const seen = [];
  await assert.rejects(async () => {
    for await (const r of c.iterate({ query: 'subscription { breaks }' })) seen.push(r.data.breaks);
  }, (errors) => errors[0].message === 'it broke');
  assert.deepEqual(seen, [1]);
  await c.dispose();
});

test('a refused token closes 4403', async () => {
  const c = client({ connectionParams: { token: 'wrong' } });
  await assert.rejects(all(c, '{ hello }'), (event) => event.code === 4403 && event.reason === 'Forbidden');
  await c.dispose();
});

test('a token that expires closes 4403', async () => {
  const c = client({ connectionParams: { token: 'brief' } });
  await assert.rejects(all(c, 'subscription { feed }'), (event) => event.code === 4403);
  await c.dispose();
});

test('many operations at once', async () => {
  const c = client();
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, i) => all(c, 'query E($t: String!) { echo(text: $t) }', { t: String(i) })),
  );
  results.forEach((r, i) => assert.deepEqual(r, [{ data: { echo: String(i) } }]));
  await c.dispose();
});

test('the client pings', async () => {
  let pong;
  const ponged = new Promise((resolve) => (pong = resolve));
  const c = client({ keepAlive: 20, lazy: false, onNonLazyError() {}, on: { pong: (received) => received && pong() } });
  await ponged;
  await c.dispose();
});

test('a restart makes clients come back, and nobody is told complete', async () => {
  let reconnected;
  const again = new Promise((resolve) => (reconnected = resolve));
  let connections = 0;
  let closeCode;
  let completed = false;
  const c = client({
    retryAttempts: 5,
    retryWait: async () => {},
    on: { connected: () => ++connections === 2 && reconnected(), closed: (e) => (closeCode ??= e.code) },
  });
  let first;
  const greeted = new Promise((resolve) => (first = resolve));
  const stop = c.subscribe({ query: 'subscription { feed }' }, { next: first, error: assert.fail, complete: () => (completed = true) });
  await greeted;
  assert.equal((await fetch(`${process.env.DECNET_URL}/restart`, { method: 'POST' })).status, 200);
  await again;
  assert.equal(closeCode, 1012);
  assert.equal(completed, false);
  stop();
  await c.dispose();
});

const rules = {
  'subscribe before the acknowledgement closes 4401': [4401, async (s) => {
    await s.opened;
    s.send({ type: 'subscribe', id: '1', payload: { query: '{ hello }' } });
  }],
  'a second init closes 4429': [4429, async (s) => {
    await s.init();
    s.send({ type: 'connection_init' });
  }],
  'an id in use closes 4409': [4409, async (s) => {
    await s.init();
    s.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { feed }' } });
    s.send({ type: 'subscribe', id: '1', payload: { query: 'subscription { feed }' } });
  }],
  'invalid JSON closes 4400': [4400, async (s) => {
    await s.init();
    s.socket.send('{"type":');
  }],
  'an unknown type closes 4400': [4400, async (s) => {
    await s.init();
    s.send({ type: 'start', id: '1' });
  }],
  'subscribe without an id closes 4400': [4400, async (s) => {
    await s.init();
    s.send({ type: 'subscribe', payload: { query: '{ hello }' } });
  }],
};

for (const [name, [code, breakRule]] of Object.entries(rules)) {
  test(name, async () => {
    const s = bare();
    await breakRule(s);
    assert.equal((await s.closed).code, code);
  });
}

test('no subprotocol closes 4406', async () => {
  assert.deepEqual(await bare(null).closed, { code: 4406, reason: 'Subprotocol not acceptable' });
});

test('the old subprotocol is not spoken', async () => {
  const s = bare('graphql-ws');
  await s.closed;
  assert.deepEqual(s.messages, []);
});

test('no complete after error, none echoed', async () => {
  const s = bare();
  await s.init();
  s.send({ type: 'subscribe', id: 'bad', payload: { query: '{' } });
  s.send({ type: 'subscribe', id: 'feed', payload: { query: 'subscription { feed }' } });
  await s.until((m) => m.type === 'next');
  s.send({ type: 'complete', id: 'feed' });
  s.send({ type: 'ping', payload: { last: true } });
  await s.until((m) => m.type === 'pong');
  assert.deepEqual(s.messages.filter((m) => m.type === 'complete'), []);
  assert.deepEqual(s.messages.filter((m) => m.id === 'bad').map((m) => m.type), ['error']);
  s.socket.close(1000);
  assert.equal((await s.closed).code, 1000);
});
