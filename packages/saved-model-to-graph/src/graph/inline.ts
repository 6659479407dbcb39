import type { Attribute } from "../proto/attribute.ts";
import type { GraphFunction, GraphNode, MetaGraph } from "../proto/saved-model.ts";
import { outputIndex } from "./output-index.ts";

/** An output of a node of the flat graph. */
export interface Tensor {
  readonly node: FlatNode;
  readonly index: number;
}

/** A node whose inputs are tensors, without functions and control. */
export interface FlatNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** Most nodes after functions are inlined: a function that calls another twice, and so on, would double them without end. */
const MOST_NODES = 200_000;
/** Most calls in one another. */
const DEEPEST = 100;
/** Calls of functions. */
const CALLS: ReadonlySet<string> = new Set(["PartitionedCall", "StatefulPartitionedCall"]);

/** Returns a reader of a graph's tensors by name, `node:0`, that inlines the functions that they come through. */
export function flatten({ nodes, functions }: MetaGraph): (tensor: string) => Tensor {
  const scope = new Scope({ functions, left: MOST_NODES }, "", indexed(nodes), new Map(), []);
  return (tensor) => scope.tensor(tensor);
}

interface Budget {
  readonly functions: ReadonlyMap<string, GraphFunction>;
  left: number;
}

function indexed(nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode> {
  const found = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (found.has(node.name)) throw new RangeError(`two nodes have the name '${node.name}'`);
    found.set(node.name, node);
  }
  return found;
}

/** A call of a function: its outputs, by index. */
interface Call {
  readonly scope: Scope;
  readonly called: GraphFunction;
}

/** The nodes of the graph, or of one call of a function. */
class Scope {
  readonly #budget: Budget;
  readonly #prefix: string;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #args: ReadonlyMap<string, Tensor>;
  readonly #calls: readonly string[];
  readonly #done = new Map<string, FlatNode | Call>();

  constructor(
    budget: Budget,
    prefix: string,
    nodes: ReadonlyMap<string, GraphNode>,
    args: ReadonlyMap<string, Tensor>,
    calls: readonly string[],
  ) {
    this.#budget = budget;
    this.#prefix = prefix;
    this.#nodes = nodes;
    this.#args = args;
    this.#calls = calls;
  }

  /** A tensor by its name in this scope. */
  tensor(reference: string): Tensor {
    const argument = this.#args.get(reference);
    if (argument !== undefined) return argument;
    const [name = "", output = "0", last] = reference.split(":");
    const index = Number(last ?? output);
    if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`'${reference}' is not a tensor`);
    if (!this.#done.has(name)) this.#make(name);
    const made = this.#done.get(name)!;
    if ("called" in made) return this.#resultOf(name, made, index);
    return { node: made, index: last === undefined ? index : outputIndex(made.op, output, index) };
  }

  /** Makes a node after those that it depends on; with a stack of its own, as graphs are thousands of nodes deep. */
  #make(first: string): void {
    const stack = [first];
    const under = new Set<string>();
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const node = this.#node(name);
      const waits = under.has(name) ? [] : this.#missing(node);
      if (this.#done.has(name)) stack.pop();
      else if (waits.length > 0) {
        under.add(name);
        const circle = waits.find((one) => under.has(one));
        if (circle !== undefined) throw new RangeError(`the node '${circle}' depends on itself`);
        stack.push(...waits);
      } else {
        this.#done.set(name, CALLS.has(node.op) ? this.#call(node) : this.#flat(node));
        under.delete(name);
        stack.pop();
      }
    }
  }

  #node(name: string): GraphNode {
    const node = this.#nodes.get(name);
    if (node !== undefined) return node;
    const where = this.#calls.length === 0 ? "" : ` in the function '${this.#calls.at(-1)}'`;
    throw new RangeError(`there is no node '${name}'${where}`);
  }

  /** Nodes that have to be made before. */
  #missing(node: GraphNode): string[] {
    return dataOf(node).flatMap((input) => {
      const [name = ""] = input.split(":");
      return this.#args.has(input) || this.#done.has(name) ? [] : [name];
    });
  }

  #flat(node: GraphNode): FlatNode {
    this.#spend(1);
    const { op, attributes } = node;
    const inputs = dataOf(node).map((input) => this.tensor(input));
    return { name: this.#prefix + node.name, op, inputs, attributes };
  }

  #spend(nodes: number): void {
    this.#budget.left -= nodes;
    if (this.#budget.left < 0)
      throw new RangeError(`expected at most ${MOST_NODES} nodes once functions are inlined`);
  }

  #resultOf(name: string, { scope, called }: Call, index: number): Tensor {
    const output = called.outputs[index];
    const reference = output === undefined ? undefined : called.returns.get(output);
    if (reference !== undefined) return scope.tensor(reference);
    throw new RangeError(`the function '${called.name}' has no output ${index}, which '${name}' gives`);
  }

  #call(node: GraphNode): Call {
    const attribute = node.attributes.get("f");
    const name = attribute?.kind === "func" ? attribute.value : "";
    const called = this.#budget.functions.get(name);
    if (called === undefined)
      throw new RangeError(`'${node.name}' calls the function '${name}', which is not there`);
    if (this.#calls.includes(name)) throw new RangeError(`the function '${name}' calls itself`);
    if (this.#calls.length >= DEEPEST)
      throw new RangeError(`expected at most ${DEEPEST} calls in one another`);
    this.#spend(called.nodes.length);
    const inputs = dataOf(node);
    if (inputs.length !== called.args.length)
      throw new RangeError(
        `the function '${name}' takes ${called.args.length} tensors, got ${inputs.length}`,
      );
    const args = new Map(called.args.map((arg, i) => [arg, this.tensor(inputs[i]!)]));
    const prefix = `${this.#prefix}${node.name}/`;
    const scope = new Scope(this.#budget, prefix, bound(called, node), args, [...this.#calls, name]);
    return { scope, called };
  }
}

/** Inputs of a node without those of control. */
function dataOf({ inputs }: GraphNode): string[] {
  return inputs.filter((input) => !input.startsWith("^"));
}

/** A function's nodes, with attributes of the call in place of those that name one. */
function bound({ nodes }: GraphFunction, call: GraphNode): ReadonlyMap<string, GraphNode> {
  const given = (attribute: Attribute): Attribute =>
    attribute.kind === "placeholder" ? (call.attributes.get(attribute.value) ?? attribute) : attribute;
  return indexed(
    nodes.map((node) => ({
      ...node,
      attributes: new Map([...node.attributes].map(([name, attribute]) => [name, given(attribute)])),
    })),
  );
}
