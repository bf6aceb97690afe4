// Builds scripts and styles into the package's static folder, with hashes in the names and a manifest beside them.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'src', 'servloop_app', 'web', 'static', 'dist');
const entries = ['theme.ts', 'app.ts', 'process.ts', 'charts/charts.ts', 'styles/app.css', 'styles/process.css', 'styles/measure.css', 'styles/work.css', 'styles/loop.css', 'styles/report.css'];

const result = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join('src', name)),
  outdir: out,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  metafile: true,
  format: 'iife',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  legalComments: 'linked',
  logLevel: 'warning',
  write: false,
});

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all(result.outputFiles.map((file) => write(file.path, file.contents)));

// manifest: what a template asks for ("app.js") → the file with its hash and the hash a browser checks
const contents = new Map(result.outputFiles.map((file) => [basename(file.path), file.contents]));
const manifest = {};
for (const [path, { entryPoint }] of Object.entries(result.metafile.outputs)) {
  if (!entryPoint) continue;
  const file = basename(path);
  const name = basename(entryPoint).replace(/\.ts$/, '.js');
  manifest[name] = { file, integrity: `sha384-${createHash('sha384').update(contents.get(file)).digest('base64')}` };
}
await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);

async function write(path, bytes) {
  await writeFile(path, bytes);
  if (!/\.(js|css)$/.test(path)) return;
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  await writeFile(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
console.log(`pages ${version}: ${Object.keys(manifest).length} bundles`);
