/* Scans a file and prints its report and all nodes of its graphs, as JSON.
 *
 *   walk WORKER FILE [NODE_ROOM ITEM_ROOM] [OPTION=VALUE ...]
 *
 * The rooms are those of picklebox_cursor_read(). */
#include <inttypes.h>
#include <picklebox.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(const char* data, size_t size) {
  size_t i;
  putchar('"');
  for (i = 0; i < size; ++i) printf("%02x", (unsigned char)data[i]);
  putchar('"');
}

static void print_string(const char* name, picklebox_string text) {
  printf("\"%s\": ", name);
  print_text(text.data, text.size);
  printf(", ");
}

static int fail(picklebox_error* error) {
  fprintf(stderr, "error %d: %s\n", picklebox_error_code(error),
          picklebox_error_message(error));
  picklebox_error_free(error);
  return 5;
}

static void print_items(picklebox_cursor* cursor, const picklebox_node* node,
                        uint32_t* items, size_t room) {
  uint64_t i;
  size_t got;
  printf(", \"items\": [");
  if (node->flags & PICKLEBOX_NODE_RUN) {
    for (i = 0; i < node->count; ++i)
      printf("%s%" PRIu64, i > 0 ? ", " : "", node->first + i);
  } else if (node->flags & PICKLEBOX_NODE_MORE) {
    const char* comma = "";
    while ((got = picklebox_cursor_items(cursor, items, room)) > 0) {
      for (i = 0; i < got; ++i, comma = ", ")
        printf("%s%" PRIu32, comma, items[i]);
    }
  } else {
    for (i = 0; i < node->count; ++i)
      printf("%s%" PRIu32, i > 0 ? ", " : "", items[node->first + i]);
  }
  printf("]");
}

static void print_node(picklebox_cursor* cursor, const picklebox_graph* graph,
                       const picklebox_node* node, uint32_t* items,
                       size_t room) {
  printf("{\"id\": %" PRIu32 ", \"kind\": %d, \"flags\": %d", node->id,
         node->kind, node->flags);
  switch (node->kind) {
    case PICKLEBOX_BOOL:
    case PICKLEBOX_INT:
    case PICKLEBOX_EXTENSION:
    case PICKLEBOX_BUFFER:
      printf(", \"integer\": %" PRId64, node->integer);
      break;
    case PICKLEBOX_FLOAT: {
      uint64_t bits;
      memcpy(&bits, &node->real, sizeof bits);
      printf(", \"bits\": \"%016" PRIx64 "\"", bits);
      break;
    }
    case PICKLEBOX_GLOBAL:
      printf(", \"qualname\": ");
      print_text(node->qualname, node->qualname_size);
      break;
    case PICKLEBOX_NEW:
      printf(", \"form\": %d, \"class\": %" PRIu32, node->form, node->subject);
      printf(", \"args\": %" PRIu32, node->args);
      if (node->form == PICKLEBOX_FORM_NEWOBJ_EX)
        printf(", \"kwargs\": %" PRIu32, node->kwargs);
      break;
    case PICKLEBOX_CALL:
    case PICKLEBOX_BUILD:
      printf(", \"subject\": %" PRIu32 ", \"args\": %" PRIu32, node->subject,
             node->args);
      break;
    case PICKLEBOX_PERSISTENT:
    case PICKLEBOX_READONLY:
    case PICKLEBOX_APPEND:
    case PICKLEBOX_SET_ITEMS:
    case PICKLEBOX_ADD_ITEMS:
      printf(", \"subject\": %" PRIu32, node->subject);
      break;
    case PICKLEBOX_ARRAY: {
      uint64_t dims[64];
      uint32_t i;
      const uint32_t rank = picklebox_graph_shape(graph, node->id, dims, 64);
      if (rank != node->rank) exit(6);
      printf(", \"shape\": [");
      for (i = 0; i < rank; ++i)
        printf("%s%" PRIu64, i > 0 ? ", " : "", dims[i]);
      printf("]");
      break;
    }
    default:
      break;
  }
  if (node->flags & PICKLEBOX_NODE_EXTENT) {
    printf(", \"extent\": [%" PRIu64 ", %" PRIu64 "], \"stream\": %" PRIu32,
           node->offset, node->length, node->stream);
  }
  if (((node->kind == PICKLEBOX_STR || node->kind == PICKLEBOX_BYTES ||
        node->kind == PICKLEBOX_BYTEARRAY) &&
       !(node->flags & PICKLEBOX_NODE_EXTENT)) ||
      node->kind == PICKLEBOX_GLOBAL || node->kind == PICKLEBOX_ARRAY ||
      (node->flags & PICKLEBOX_NODE_BIG)) {
    printf(", \"text\": ");
    print_text(node->text, node->text_size);
  }
  if (node->kind == PICKLEBOX_TUPLE || node->kind == PICKLEBOX_FROZENSET ||
      (node->kind >= PICKLEBOX_APPEND && node->kind != PICKLEBOX_BUILD))
    print_items(cursor, node, items, room);
  printf("}");
}

static void print_graph(const picklebox_graph* graph, size_t node_room,
                        size_t item_room) {
  picklebox_node* nodes = malloc(node_room * sizeof *nodes);
  uint32_t* items = malloc((item_room + 1) * sizeof *items);
  uint32_t* more = malloc(3 * sizeof *more);
  picklebox_cursor* cursor = picklebox_cursor_new(graph, 0);
  const char* comma = "";
  size_t got;
  size_t i;
  if (nodes == NULL || items == NULL || more == NULL || cursor == NULL) exit(7);
  printf("{\"root\": %" PRIu32 ", \"nodes\": [", picklebox_graph_root(graph));
  while ((got = picklebox_cursor_read(cursor, nodes, node_room, items,
                                      item_room)) > 0) {
    for (i = 0; i < got; ++i, comma = ",\n") {
      const int rest = (nodes[i].flags & PICKLEBOX_NODE_MORE) != 0;
      printf("%s", comma);
      print_node(cursor, graph, &nodes[i], rest ? more : items,
                 rest ? 3 : item_room);
    }
  }
  printf("]}\n");
  picklebox_cursor_free(cursor);
  free(more);
  free(items);
  free(nodes);
}

static void print_requirements(const picklebox_scan* scan) {
  picklebox_error* error = NULL;
  picklebox_text* needs = picklebox_scan_requirements(scan, "json", NULL);
  if (needs == NULL) exit(8);
  printf("\"requirements\": ");
  print_text(picklebox_text_data(needs), picklebox_text_size(needs));
  printf(", ");
  picklebox_text_free(needs);
  if (picklebox_scan_requirements(scan, "none", &error) != NULL) exit(8);
  if (picklebox_error_code(error) != PICKLEBOX_INVALID_ARGUMENT) exit(8);
  picklebox_error_free(error);
}

static void print_report(const picklebox_scan* scan) {
  picklebox_text* fragment = picklebox_scan_fragment(scan);
  size_t i;
  printf("{\"verdict\": \"%s\", ",
         picklebox_verdict_name(picklebox_scan_verdict(scan)));
  print_requirements(scan);
  print_string("path", picklebox_scan_path(scan));
  print_string("format", picklebox_scan_format(scan));
  printf("\"size\": %" PRIu64 ", \"fragment\": ", picklebox_scan_size(scan));
  print_text(picklebox_text_data(fragment), picklebox_text_size(fragment));
  picklebox_text_free(fragment);
  printf(", \"findings\": [");
  for (i = 0; i < picklebox_scan_findings(scan); ++i) {
    picklebox_finding f;
    if (!picklebox_scan_finding(scan, i, &f)) exit(6);
    printf("%s{", i > 0 ? ", " : "");
    print_string("code", f.code);
    print_string("message", f.message);
    print_string("member", f.member);
    printf("\"offset\": %" PRIu64 "}", f.offset);
  }
  printf("], \"globals\": [");
  for (i = 0; i < picklebox_scan_globals(scan); ++i) {
    picklebox_global g;
    if (!picklebox_scan_global(scan, i, &g)) exit(6);
    printf("%s{", i > 0 ? ", " : "");
    print_string("module", g.module);
    print_string("qualname", g.qualname);
    print_string("danger", g.danger);
    printf("\"uses\": %u, \"denied\": %u}", g.uses, g.denied);
  }
  printf("], \"members\": [");
  for (i = 0; i < picklebox_scan_members(scan); ++i) {
    picklebox_member m;
    if (!picklebox_scan_member(scan, i, &m)) exit(6);
    printf("%s{", i > 0 ? ", " : "");
    print_string("path", m.path);
    printf("\"size\": %" PRIu64 ", \"offset\": %" PRId64 "}", m.size,
           m.has_offset ? (int64_t)m.offset : -1);
  }
  printf("], \"streams\": [");
  for (i = 0; i < picklebox_scan_streams(scan); ++i) {
    picklebox_stream s;
    if (!picklebox_scan_stream(scan, i, &s)) exit(6);
    printf("%s{", i > 0 ? ", " : "");
    print_string("member", s.member);
    printf("\"begin\": %" PRIu64 ", \"end\": %" PRIu64 ", \"complete\": %d}",
           s.begin, s.end, s.complete);
  }
  printf("]}\n");
}

int main(int argc, char** argv) {
  picklebox_error* error = NULL;
  picklebox_options* options = picklebox_options_new();
  picklebox_scanner* scanner;
  picklebox_scan* scan;
  size_t count;
  size_t i;
  size_t node_room = 256;
  size_t item_room = 1024;
  int a = 3;
  if (argc < 3) return 4;
  if (picklebox_abi_version() != PICKLEBOX_ABI_VERSION) return 6;
  if (!picklebox_options_set(options, "worker", argv[1], &error))
    return fail(error);
  if (argc > 4) {
    node_room = (size_t)atol(argv[3]);
    item_room = (size_t)atol(argv[4]);
    a = 5;
  }
  for (; a < argc; ++a) {
    char* equals = strchr(argv[a], '=');
    if (equals == NULL) return 4;
    *equals = '\0';
    if (!picklebox_options_set(options, argv[a], equals + 1, &error)) {
      picklebox_options_free(options);
      return fail(error);
    }
  }
  scanner = picklebox_scanner_new(NULL, options, &error);
  picklebox_options_free(options);
  if (scanner == NULL) return fail(error);
  scan = picklebox_scan_file(scanner, argv[2]);
  picklebox_scanner_free(scanner);
  print_report(scan);
  count = picklebox_scan_streams(scan);
  for (i = 0; i < count; ++i) {
    picklebox_graph* graph = picklebox_scan_graph(scan, i);
    if (i + 1 == count) {
      /* A graph outlives its scan. */
      picklebox_scan_free(scan);
      scan = NULL;
    }
    print_graph(graph, node_room, item_room);
    picklebox_graph_free(graph);
  }
  picklebox_scan_free(scan);
  return 0;
}
