import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStandIn } from './stand-in.js';

// node dist/tools/eventstoredb-stand-in/main.js --port 2113 --data FOLDER [--host 127.0.0.1] [--control-port 2114]
//   [--tls-certificate FILE --tls-key FILE] [--credentials admin:changeit] [--no-batch-append]
//   [--multi-stream-append]

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '2113' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string' },
    'control-port': { type: 'string' },
    'tls-certificate': { type: 'string' },
    'tls-key': { type: 'string' },
    credentials: { type: 'string' },
    'no-batch-append': { type: 'boolean', default: false },
    'multi-stream-append': { type: 'boolean', default: false },
  },
});
if (!values.data) throw new Error('--data FOLDER is missing');
const { 'tls-certificate': certificate, 'tls-key': key } = values;

const standIn = await startStandIn({
  data: values.data,
  port: Number(values.port),
  host: values.host,
  controlPort: values['control-port'] === undefined ? undefined : Number(values['control-port']),
  tls: certificate && key ? { certificate: readFileSync(certificate), key: readFileSync(key) } : undefined,
  credentials: values.credentials,
  batchAppend: !values['no-batch-append'],
  multiStreamAppend: values['multi-stream-append'],
});
const control = standIn.controlUrl ? `, control at ${standIn.controlUrl}` : '';
console.log(`ready at ${standIn.connectionString}${control}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    void standIn.stop().then(() => process.exit(0));
  });
