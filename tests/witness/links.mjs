// Pages in, link targets out: for each line of standard input, a JSON list of a page's lines, a JSON list of
// [notation, target as written] for the internal links that the reference parser finds.
import { createInterface } from "node:readline";
import { parse } from "@progfay/scrapbox-parser";

function* links(nodes) {
  for (const node of nodes) {
    if (node.type === "link" && node.pathType === "relative") yield ["bracket", node.href];
    if (node.type === "hashTag") yield ["hashtag", node.href];
    if (node.nodes) yield* links(node.nodes);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = [];
  for (const block of parse(JSON.parse(line).join("\n"))) {
    if (block.type === "line") found.push(...links(block.nodes));
    if (block.type === "table") found.push(...links(block.cells.flat(2)));
  }
  process.stdout.write(JSON.stringify(found) + "\n");
}
