/** JSON values, as a topology is made of. */
type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** True for a topology of Keras 3, whose layers have `batch_shape`, policies as types, and arguments as inputs. */
export function isKeras3(topology: object): boolean {
  const { keras_version: version } = topology as { keras_version?: unknown };
  return typeof version === "string" && Number.parseInt(version, 10) >= 3;
}

/**
 * A topology of Keras 3 as Keras 2 writes it, which TensorFlow.js reads. Three things differ: the input's shape is `batch_shape`, a
 * `dtype` may be a policy object, and a layer's inputs are the arguments of its call.
 *
 * Parts without a form in Keras 2 (a constant among the arguments, a policy of mixed precision) stay as they are, and are refused
 * on loading.
 */
export function keras2Topology(topology: object): object {
  return converted(topology as JsonObject) as JsonObject;
}

function converted(value: Json): Json {
  if (Array.isArray(value)) return value.map(converted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, one]): [string, Json] => {
    if (key === "batch_shape") return ["batch_input_shape", one];
    if (key === "dtype") return [key, typeName(one)];
    if (key === "inbound_nodes" && Array.isArray(one)) return [key, one.map(inboundNode)];
    if ((key === "input_layers" || key === "output_layers") && Array.isArray(one)) return [key, listed(one)];
    return [key, converted(one)];
  });
  return Object.fromEntries(entries);
}

/** `{ class_name: "DTypePolicy", config: { name: "float32" } }` → `"float32"`. */
function typeName(policy: Json): Json {
  if (isObject(policy) && policy.class_name === "DTypePolicy" && isObject(policy.config!)) {
    const { name } = policy.config;
    if (name !== undefined) return name;
  }
  return converted(policy);
}

/** `["pictures", 0, 0]` → `[["pictures", 0, 0]]`. */
function listed(tensors: Json[]): Json {
  return typeof tensors[0] === "string" ? [tensors] : tensors;
}

/** `{ args: [tensors], kwargs }` → `[["layer", 0, 0, kwargs], …]`: tensors as places, other arguments by name. */
function inboundNode(node: Json): Json {
  if (!isObject(node)) return node;
  const kwargs = converted(node.kwargs ?? {});
  const places = tensorsOf(node.args ?? []);
  return places.map((place) => [...place, kwargs]);
}

function tensorsOf(value: Json): Json[][] {
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  if (!isObject(value) || value.class_name !== "__keras_tensor__" || !isObject(value.config!)) return [];
  const { keras_history: place } = value.config;
  return Array.isArray(place) ? [place] : [];
}
