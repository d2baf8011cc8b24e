// graphql-sse in the distinct connections mode: its client, and plain fetch for
// what the client doesn't show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';

const url = `${process.env.DECNET_URL}/graphql`;

async function all(client, query, variables) {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
}

// stream reads a whole event stream as text.
async function stream(query, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query }),
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  return response.text();
}

test('a query, a mutation and a subscription', async () => {
  const c = createClient({ url, retryAttempts: 0 });
  assert.deepEqual(await all(c, '{ hello }'), [{ data: { hello: 'world' } }]);
  assert.deepEqual(await all(c, 'mutation { set(value: 2) }'), [{ data: { set: 2 } }]);
  const counted = await all(c, 'subscription C($to: Int!) { count(to: $to) }', { to: 300 });
  assert.deepEqual(counted.map((r) => r.data.count), Array.from({ length: 300 }, (_, i) => i + 1));
  c.dispose();
});

test('a validation error arrives as a next event', async () => {
  const c = createClient({ url, retryAttempts: 0 });
  const [result] = await all(c, '{ nothing }');
  assert.match(result.errors[0].message, /nothing/);
  assert.equal('data' in result, false);
  c.dispose();
});

test('events carry ids that were not selected', async () => {
  assert.equal(
    await stream('subscription { count(to: 2) }'),
    ':\n\nevent: next\nid: 1\ndata: {"data":{"count":1}}\n\nevent: next\nid: 2\ndata: {"data":{"count":2}}\n\nevent: complete\ndata:\n\n',
  );
});

test('Last-Event-ID resumes after that event', async () => {
  const text = await stream('subscription { count(to: 3) }', { 'last-event-id': '2' });
  assert.match(text, /id: 3\n/);
  assert.doesNotMatch(text, /id: [12]\n/);
});

test('a restart makes clients come back, and nobody is told complete', async () => {
  let connections = 0;
  let reconnected;
  const again = new Promise((resolve) => (reconnected = resolve));
  const c = createClient({
    url, retryAttempts: 5, retry: async () => {},
    on: { connected: () => ++connections === 2 && reconnected() },
  });
  let greeted;
  const first = new Promise((resolve) => (greeted = resolve));
  let completed = false;
  const stop = c.subscribe({ query: 'subscription { feed }' }, { next: greeted, error: assert.fail, complete: () => (completed = true) });
  await first;
  assert.equal((await fetch(`${process.env.DECNET_URL}/restart`, { method: 'POST' })).status, 200);
  await again;
  assert.equal(completed, false);
  stop();
});
