import { parseAllDocuments } from 'yaml';
import { isPinned } from './dockerfile.mjs';

export const objectsIn = text => parseAllDocuments(text).map(document => document.toJS());

const isWorkload = ({ kind }) => kind === 'Deployment' || kind === 'StatefulSet';

const covers = (selector, labels) => Object.entries(selector ?? {}).every(([name, value]) => labels?.[name] === value);

/** What is wrong with an object seen among all of them, each in a sentence: the schemas see each alone. */
export const objectFaults = (object, objects) => {
  if (object.kind !== 'Namespace' && object.metadata.namespace !== 'ferrolog')
    return [`it is not in the namespace ferrolog`];
  if (isWorkload(object)) return workloadFaults(object, objects);
  const labels = objects.filter(isWorkload).map(({ spec }) => spec.template.metadata.labels);
  const find = (kind, name) => objects.find(other => other.kind === kind && other.metadata.name === name);
  const { spec } = object;
  if (object.kind === 'HorizontalPodAutoscaler')
    return find(spec.scaleTargetRef.kind, spec.scaleTargetRef.name) ? [] : ['it scales nothing that is here'];
  const selector =
    { Service: spec?.selector, PodDisruptionBudget: spec?.selector?.matchLabels }[object.kind] ??
    (object.kind === 'NetworkPolicy' ? spec.podSelector.matchLabels : undefined);
  return selector === undefined || labels.some(each => covers(selector, each)) ? [] : ['it selects no pods'];
};

const workloadFaults = ({ kind, metadata, spec }, objects) => {
  const { template } = spec;
  const pod = template.spec;
  const named = kindOf => objects.filter(other => other.kind === kindOf).map(other => other.metadata.name);
  const scaled = objects.some(
    other => other.kind === 'HorizontalPodAutoscaler' && other.spec.scaleTargetRef.name === metadata.name,
  );
  const isGuarded = objects.some(
    other => other.kind === 'PodDisruptionBudget' && covers(other.spec.selector.matchLabels, template.metadata.labels),
  );
  return [
    ...(covers(spec.selector.matchLabels, template.metadata.labels) ? [] : ['it does not select its own pods']),
    ...(isGuarded ? [] : ['it has no PodDisruptionBudget']),
    ...((spec.replicas === undefined) === scaled ? [] : ['either it says how many, or an autoscaler does']),
    ...(kind === 'StatefulSet' && !named('Service').includes(spec.serviceName) ? ['its Service is not there'] : []),
    ...(pod.enableServiceLinks === false
      ? []
      : ['enableServiceLinks has to be false: variables named after services are no options of ours']),
    ...(pod.automountServiceAccountToken === false
      ? []
      : ['it is given an account of Kubernetes that it has no use for']),
    ...(pod.securityContext?.runAsNonRoot === true ? [] : ['it may run as root']),
    ...(pod.volumes ?? [])
      .flatMap(({ secret }) => secret?.secretName ?? [])
      .filter(name => !named('Secret').includes(name))
      .map(name => `secret ${name} is not there`),
    ...pod.containers.flatMap(container => containerFaults(container, pod, named)),
  ];
};

const containerFaults = (container, pod, named) => {
  const ports = (container.ports ?? []).map(({ name }) => name);
  const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'];
  const volumes = pod.volumes.map(({ name }) => name);
  const { securityContext: security = {}, resources = {} } = container;
  return [
    ...(isPinned(container.image) ? [] : [`image ${container.image} is not pinned to a version`]),
    ...probes
      .filter(probe => !ports.includes(container[probe]?.httpGet?.port))
      .map(probe => `${probe} asks a port that is not there`),
    ...(security.readOnlyRootFilesystem && security.allowPrivilegeEscalation === false && security.capabilities?.drop
      ? []
      : ['it may more than it has to']),
    ...(resources.limits?.memory && resources.requests?.cpu ? [] : ['it has no limits']),
    ...(container.volumeMounts ?? [])
      .filter(({ name }) => !volumes.includes(name))
      .map(({ name }) => `volume ${name} is not there`),
    ...(container.envFrom ?? [])
      .filter(({ configMapRef, secretRef }) =>
        configMapRef ? !named('ConfigMap').includes(configMapRef.name) : !named('Secret').includes(secretRef.name),
      )
      .map(source => `${JSON.stringify(source)} is not there`),
  ];
};

/** Containers that are a process of Ferrolog: environment, flags, and the files of secrets that they are given. */
export const processesIn = objects => {
  const dataOf = (kind, name) => {
    const found = objects.find(object => object.kind === kind && object.metadata.name === name);
    return { ...found?.data, ...found?.stringData };
  };
  return objects.filter(isWorkload).flatMap(({ metadata, spec }) =>
    spec.template.spec.containers.map(({ image, args, env = [], envFrom, volumeMounts }) => ({
      name: metadata.name,
      image,
      flags: { roles: args[args.indexOf('--roles') + 1] },
      environment: {
        ...Object.assign(
          {},
          ...envFrom.map(({ configMapRef, secretRef }) =>
            configMapRef ? dataOf('ConfigMap', configMapRef.name) : dataOf('Secret', secretRef.name),
          ),
        ),
        ...Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'given'])),
      },
      secretFiles: spec.template.spec.volumes.flatMap(({ name, secret }) =>
        volumeMounts
          .filter(mount => secret && mount.name === name)
          .flatMap(({ mountPath }) =>
            Object.keys(dataOf('Secret', secret.secretName)).map(key => `${mountPath}/${key}`),
          ),
      ),
    })),
  );
};
