import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Instructions of a Dockerfile, continued lines put together, comments left out. */
export const instructionsIn = text =>
  text
    .split('\n')
    .filter(line => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      const [, name, rest] = /^\s*(\S+)\s*(.*)$/.exec(line);
      return { name: name.toUpperCase(), text: rest.trim() };
    });

/** The stages, each with what it is made from, its name and its instructions. */
export const stagesIn = text => {
  const stages = [];
  for (const instruction of instructionsIn(text)) {
    if (instruction.name === 'FROM') {
      const [from, , as] = instruction.text.split(/\s+/).filter(word => !word.startsWith('--'));
      stages.push({ from, as, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
};

/** A tag that names a version down to its patch or its day: what is built today is built tomorrow. */
export const isPinned = image =>
  /:[\w.-]*\d+[.]\d+[.]?\d*[\w.-]*$|:[\w.-]*\d{8}[\w.-]*$|@sha256:[0-9a-f]{64}$/.test(image);

/** What the stage leaves in the environment of its processes. */
export const environmentOf = ({ instructions }) =>
  Object.fromEntries(
    instructions
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ text }) => text.match(/\S+=("[^"]*"|\S*)/g) ?? [])
      .map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1).replace(/^"|"$/g, '')]),
  );

const wordsOf = text => text.split(/\s+/).filter(word => !word.startsWith('--'));

/** Patterns of .dockerignore as far as this project uses them: everything is left out, but for what "!" names. */
const isLetIn = (path, ignore) =>
  ignore
    .split('\n')
    .filter(line => line.startsWith('!'))
    .some(
      line => path === line.slice(1) || path.startsWith(`${line.slice(1)}/`) || line.slice(1).startsWith(`${path}/`),
    );

/** What is wrong with a Dockerfile, each in a sentence. `root` is the folder that is sent to the builder. */
export const dockerfileFaults = ({ text, ignore, root, nodeVersion }) => {
  const stages = stagesIn(text);
  if (stages.length === 0) return ['it has no FROM'];
  const names = stages.map(({ as }) => as);
  const bases = stages.filter(({ from }) => !names.includes(from));
  const copies = stages.flatMap(({ instructions }) => instructions.filter(({ name }) => /^(COPY|ADD)$/.test(name)));
  const user = stages.at(-1).instructions.findLast(({ name }) => name === 'USER')?.text ?? 'root';
  return [
    ...bases.filter(({ from }) => !isPinned(from)).map(({ from }) => `FROM ${from} is not pinned to a version`),
    ...bases
      .filter(({ from }) => /^node:/.test(from) && !from.startsWith(`node:${nodeVersion}-`))
      .map(({ from }) => `FROM ${from} is not the Node.js of .nvmrc, ${nodeVersion}`),
    ...copies
      .filter(({ name }) => name === 'ADD')
      .map(({ text: what }) => `ADD ${what}: COPY what is here, and install the rest where its digest is checked`),
    ...copies
      .filter(({ text: what }) => !/--from=/.test(what))
      .flatMap(({ text: what }) => wordsOf(what).slice(0, -1))
      .flatMap(source => {
        if (!existsSync(join(root, source))) return [`COPY ${source}: it does not exist`];
        return isLetIn(source, ignore) ? [] : [`COPY ${source}: .dockerignore leaves it out`];
      }),
    ...copies
      .flatMap(({ text: what }) => /--from=(\S+)/.exec(what)?.[1] ?? [])
      .filter(stage => !names.includes(stage))
      .map(stage => `COPY --from=${stage}: there is no such stage`),
    ...(/^[1-9]\d*(:|$)/.test(user) ? [] : [`it ends as USER ${user}: give the number of one who is not root`]),
    ...stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ name, text: what }) => /^(ENV|ARG)$/.test(name) && /PASSWORD|SECRET|TOKEN|MASTER_KEY=/i.test(what))
        .map(({ text: what }) => `${what.split('=')[0]} looks like a secret: it would be in the image for everybody`),
    ),
    ...(stages.at(-1).instructions.some(({ name }) => name === 'HEALTHCHECK') ? [] : ['it has no HEALTHCHECK']),
  ];
};
