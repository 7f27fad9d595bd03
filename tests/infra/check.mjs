// Parses .bicep files and prints what they declare, as JSON.
// usage: node check.mjs FILE...
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { Language, Parser } from 'web-tree-sitter';

await Parser.init();
const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

const inner = text => text?.replace(/^'+|'+$/g, '');
const first = (node, ...types) => node.namedChildren.find(child => types.includes(child.type));

function* all(node) {
  yield node;
  for (const child of node.namedChildren) yield* all(child);
}

function decorator(node) {
  const call = first(node, 'call_expression', 'member_expression');
  const name = call?.childForFieldName('function')?.text ?? call?.text ?? node.text;
  return { name: name.replace(/^@|\(.*$/gs, '').replace(/^sys\./, ''), argument: inner(call?.childForFieldName('arguments')?.text.slice(1, -1)) ?? '' };
}

function keyOf(property) {
  const key = property.namedChildren[0];
  return key.type === 'string' ? inner(key.text) : key.text;
}

// Properties below a node with their paths, those in arrays and conditions too: { path, value }.
function properties(node, path, found) {
  for (const child of node.namedChildren) {
    if (child.type === 'object_property' && child.namedChildren.length > 1) {
      const here = path === '' ? keyOf(child) : `${path}.${keyOf(child)}`;
      const value = child.namedChildren[1];
      found.push({ path: here, value: inner(value.text) });
      properties(value, here, found);
    } else if (child.type !== 'resource_declaration') {
      properties(child, path, found);
    }
  }
  return found;
}

function declaration(node, decorators) {
  const names = { decorators: decorators.map(d => d.name), description: decorators.find(d => d.name === 'description')?.argument ?? '' };
  const symbol = first(node, 'identifier')?.text;
  switch (node.type) {
    case 'parameter_declaration': {
      const rest = node.namedChildren.slice(1);
      return { kind: 'param', symbol, type: first(node, 'type')?.text ?? rest[0]?.text, hasDefault: rest.length > 1, limits: decorators, ...names };
    }
    case 'output_declaration':
      return { kind: 'output', symbol, value: node.namedChildren.at(-1).text, ...names };
    case 'variable_declaration':
      return { kind: 'var', symbol, value: node.namedChildren.at(-1).text, properties: properties(node, '', []) };
    case 'resource_declaration':
    case 'module_declaration': {
      const target = inner(first(node, 'string').text);
      const [type, apiVersion] = node.type === 'resource_declaration' ? target.split('@') : [undefined, undefined];
      return {
        kind: node.type === 'resource_declaration' ? 'resource' : 'module', symbol, target, type, apiVersion,
        existing: /^\s*resource\s+\w+\s+'[^']*'\s+existing\b/.test(node.text), conditional: [...all(node)].some(n => n.type === 'if_statement' && n.parent.id === node.id),
        properties: properties(node, '', []),
      };
    }
    default:
      return undefined;
  }
}

function facts(file) {
  const source = readFileSync(file, 'utf8');
  const root = parser.parse(source).rootNode;
  const nodes = [...all(root)];
  const declarations = [];
  let decorators = [];
  const visit = node => {
    for (const child of node.namedChildren) {
      if (child.type === 'decorators') decorators = child.namedChildren.map(decorator);
      else if (child.type === 'decorator') decorators = [...decorators, decorator(child)];
      else {
        const found = declaration(child, decorators);
        decorators = [];
        if (found) declarations.push(found);
        if (child.type !== 'parameter_declaration') visit(child);
      }
    }
  };
  visit(root);
  // How often each name is used apart from where it is declared.
  const uses = {};
  for (const node of nodes.filter(n => n.type === 'identifier' && !(n.parent.type === 'object_property' && n.parent.namedChildren[0].id === n.id && n.parent.namedChildren.length > 1))) {
    if (!(/_declaration$/.test(node.parent.type) && node.parent.namedChildren[0].id === node.id)) uses[node.text] = (uses[node.text] ?? 0) + 1;
  }
  const wrong = nodes.filter(n => n.isError || n.isMissing);
  return {
    file,
    errors: root.hasError ? (wrong.length > 0 ? wrong : [root]).map(n => `${n.startPosition.row + 1}:${n.startPosition.column + 1} ${n.isMissing ? 'missing ' + n.type : n.text.slice(0, 60)}`) : [],
    targetScope: /^targetScope\s*=\s*'([^']*)'/m.exec(source)?.[1] ?? 'resourceGroup',
    declarations,
    uses,
    calls: [...new Set(nodes.filter(n => n.type === 'call_expression').map(n => n.childForFieldName('function')?.text))],
    loads: nodes.filter(n => n.type === 'call_expression' && n.childForFieldName('function')?.text === 'loadJsonContent').map(n => inner(n.childForFieldName('arguments').text.slice(1, -1))),
    keys: [...new Set(nodes.filter(n => n.type === 'object_property' && n.namedChildren.length > 1).map(keyOf))],
  };
}

console.log(JSON.stringify(process.argv.slice(2).map(facts), null, 1));
