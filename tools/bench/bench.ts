// npm run bench: the product as it ships; with --engines: a fleet of processes on real engines.
await import(process.argv.includes('--engines') ? './engines/main.js' : './main.js');
