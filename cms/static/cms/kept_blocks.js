// A block whose plugin is missing is shown where it stands, and not offered to be added.
const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

class KeepingBlockDefinition extends StreamBlockDefinition {
  constructor(...given) {
    super(...given);
    this.groupedChildBlockDefs = this.groupedChildBlockDefs
      .map(([group, kinds]) => [group, kinds.filter(({ name }) => name !== "missing")])
      .filter(([, kinds]) => kinds.length);
  }
}

window.telepath.register("cms.KeepingBlock", KeepingBlockDefinition);
