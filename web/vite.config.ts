import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// `npm run dev` serves the sources and passes the API on to a running decnetd.
const server = process.env['DECNET_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react(), systemFonts()],
  server: { proxy: { '/graphql': { target: server, ws: true }, '/oidc': server } },
  // Not the explorer: what Vite bundles ahead for its own server has no place for the workers of GraphiQL's editor, and it ended with them.
  optimizeDeps: { entries: ['index.html'] },
  resolve: {
    alias: [{ find: /^monaco-editor\/esm\/vs\/editor\/edcore\.main\.js$/, replacement: fileURLToPath(new URL('src/explorer/monaco.ts', import.meta.url)) }],
  },
  // GraphiQL starts its workers as ES modules.
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Everything comes from /assets under its hash: the page's policy allows no inline script, and caches may keep it for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Monaco is one editor in one file, whatever its size.
    chunkSizeWarningLimit: 4096,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      input: ['index.html', 'explorer.html'],
      // GraphiQL's sources talk to a compiler that has run already.
      onLog: (level, log, say) => log.code === 'MODULE_LEVEL_DIRECTIVE' || say(level, log),
    },
  },
  test: { include: ['src/**/*.test.ts'] },
})

/** GraphiQL's sheet holds two families of fonts as data URLs, half a megabyte that the page's policy refuses: the system's fonts do. */
function systemFonts(): Plugin {
  return {
    name: 'decnet-system-fonts',
    enforce: 'pre',
    transform: {
      filter: { id: /\/graphiql\/dist\/style\.css$/ },
      handler: (code) => ({ code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null }),
    },
  }
}
