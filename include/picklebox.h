/* picklebox for C: opens untrusted Python pickles in a sandbox.
 *
 *   picklebox_error* error = NULL;
 *   picklebox_scanner* scanner = picklebox_scanner_new(NULL, NULL, &error);
 *   if (scanner == NULL) return complain(picklebox_error_message(error));
 *   picklebox_scan* scan = picklebox_scan_file(scanner, "model.pkl");
 *   if (picklebox_scan_verdict(scan) == PICKLEBOX_CLEAN) use(scan);
 *   picklebox_scan_free(scan);
 *   picklebox_scanner_free(scanner);
 *
 * C99, and C++ from C++11 on. Link with `picklebox_c` (picklebox-c.pc,
 * picklebox::c in CMake). The C++ interface is picklebox/picklebox.h.
 *
 * Handles. A function whose name ends in `_new`, or that is said to return
 * something new, gives a handle that the caller frees with the `_free` of its
 * type; freeing NULL does nothing. Pointers that other functions return belong
 * to the handle that they were asked of and live as long as that does.
 *
 * Errors. What may fail takes `picklebox_error** error` last; it may be NULL.
 * On failure the result is NULL (or as said there) and, unless NULL was given,
 * *error is a new error; otherwise *error is left alone. An error says that
 * picklebox could not do its work; that a *file* is bad is said by its scan.
 * No C++ exception leaves a function.
 *
 * Threads. Every function may be called from any thread. What may be done with
 * one handle from several threads at a time is said at its type.
 *
 * Text is UTF-8 and may hold NUL bytes, so it comes with its size; only a
 * picklebox_text ends in a NUL beyond that. Names that come out of a file may
 * hold surrogates as three bytes each ("surrogatepass" of Python), and anything
 * that could upset a terminal: escape them before you print them.
 */
#ifndef PICKLEBOX_H_
#define PICKLEBOX_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PICKLEBOX_API __attribute__((visibility("default")))
#else
#define PICKLEBOX_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows when a program that was compiled with
 * the old header would no longer work; what is only added leaves it. */
#define PICKLEBOX_ABI_VERSION 1
/* That of the library which is linked: compare it with the macro. */
PICKLEBOX_API int picklebox_abi_version(void);
/* "0.1.0" */
PICKLEBOX_API const char* picklebox_version(void);

/* ------------------------------------------------------- errors and text */

/* Any number of threads may read one at a time. */
typedef struct picklebox_error picklebox_error;

typedef enum picklebox_error_kind {
  PICKLEBOX_UNKNOWN = 2,
  PICKLEBOX_INVALID_ARGUMENT = 3,
  PICKLEBOX_NOT_FOUND = 5,
  PICKLEBOX_PERMISSION_DENIED = 7,
  PICKLEBOX_RESOURCE_EXHAUSTED = 8,
  /* This host cannot confine a worker, or the handle is that of the process
   * which forked this one. */
  PICKLEBOX_FAILED_PRECONDITION = 9,
  PICKLEBOX_ABORTED = 10,
  PICKLEBOX_OUT_OF_RANGE = 11,
  PICKLEBOX_INTERNAL = 13,
  PICKLEBOX_UNAVAILABLE = 14
} picklebox_error_kind;

/* One of picklebox_error_kind. */
PICKLEBOX_API int picklebox_error_code(const picklebox_error* error);
PICKLEBOX_API const char* picklebox_error_message(const picklebox_error* error);
PICKLEBOX_API void picklebox_error_free(picklebox_error* error);

/* A text that the caller owns. Any number of threads may read one. */
typedef struct picklebox_text picklebox_text;

PICKLEBOX_API const char* picklebox_text_data(const picklebox_text* text);
PICKLEBOX_API size_t picklebox_text_size(const picklebox_text* text);
PICKLEBOX_API void picklebox_text_free(picklebox_text* text);

/* A text that belongs to a handle. */
typedef struct picklebox_string {
  const char* data;
  size_t size;
} picklebox_string;

/* -------------------------------------------------------------- policies */

/* Which globals a pickle may name, and for what. Immutable: any number of
 * threads may use one. */
typedef struct picklebox_policy picklebox_policy;

/* The uses of a global; a set of them is a sum. */
enum {
  PICKLEBOX_USE_REFERENCE = 1,
  PICKLEBOX_USE_CALL = 2,
  PICKLEBOX_USE_NEW = 4,
  PICKLEBOX_USE_BUILD = 8,
  PICKLEBOX_USE_EXTEND = 16
};

/* "default", the name of a shipped profile, or the path of a TOML file (which
 * contains a '/' or ends in ".toml"). Returns a new policy. The message of an
 * error has file, line and column. */
PICKLEBOX_API picklebox_policy* picklebox_policy_new(const char* what,
                                                     picklebox_error** error);
/* From the text of a TOML file. `name` stands in errors and as the origin of
 * its rules. Paths that it extends are taken relative to `directory`; where
 * that is NULL they are an error. */
PICKLEBOX_API picklebox_policy* picklebox_policy_new_from_toml(
    const char* text, size_t size, const char* name, const char* directory,
    picklebox_error** error);
PICKLEBOX_API void picklebox_policy_free(picklebox_policy* policy);

PICKLEBOX_API picklebox_string
picklebox_policy_name(const picklebox_policy* policy);
/* 1 if a pickle may refer to things outside of it. */
PICKLEBOX_API int picklebox_policy_persistent_ids(
    const picklebox_policy* policy);
/* The uses that the policy allows of a global, under any of its names; 0 if it
 * has no rule for it. `conditions`, unless NULL, becomes a new text with what
 * else the rule says, as lines of a policy; NULL on failure or without a rule.
 */
PICKLEBOX_API unsigned picklebox_policy_uses(const picklebox_policy* policy,
                                             picklebox_string module,
                                             picklebox_string qualname,
                                             picklebox_text** conditions);
/* The name that rules are asked about, as a new text "module:qualname": Python
 * 3 names, aliases resolved. `python2_names`: Python 2 names are mapped, as
 * unpicklers do it below protocol 3. NULL if there is no memory. */
PICKLEBOX_API picklebox_text* picklebox_canonical_global(
    picklebox_string module, picklebox_string qualname, int python2_names);

/* The class of danger of a global, such as "process", NULL if none is known.
 * The list explains and decides nothing: policies do. Lives as long as the
 * program. */
PICKLEBOX_API const char* picklebox_danger(picklebox_string module,
                                           picklebox_string qualname);

/* --------------------------------------------------------------- options */

/* How a scanner reads. One thread at a time. */
typedef struct picklebox_options picklebox_options;

/* Those of pickle.load: new options, NULL if there is no memory. */
PICKLEBOX_API picklebox_options* picklebox_options_new(void);
PICKLEBOX_API void picklebox_options_free(picklebox_options* options);

/* Sets one option; 1 if that was done, 0 on failure. The names:
 *   worker          path of picklebox-worker; default: beside the program
 *   slots           workers side by side; 0: one a core
 *   compat          "true": read what readers differ about as CPython does
 *   fix_imports     "true" or "false"
 *   encoding        for strings of Python 2: "ASCII", "latin1", "bytes" ...
 *   errors          "strict" ...
 *   buffers         how many out-of-band buffers there are
 *   persistent_ids  "true": the loader resolves persistent ids
 *   python          the minor version of the Python 3 that loads the file: code
 *                   of another, which the policy allows, is denied; 0: none
 *   limit.NAME      a limit, as `picklebox limits` lists them: "4GiB" */
PICKLEBOX_API int picklebox_options_set(picklebox_options* options,
                                        const char* name, const char* value,
                                        picklebox_error** error);
/* copyreg's extension code `code` stands for the global "module:qualname".
 * 1 if that was noted, 0 if there is no memory. */
PICKLEBOX_API int picklebox_options_extension(picklebox_options* options,
                                              uint32_t code,
                                              const char* global);

/* --------------------------------------------------------------- scanning */

/* Runs the workers. Any number of threads may scan with one at a time; each
 * waits for its file. A scanner belongs to the process that made it: in a
 * forked child it fails, and is to be left alone (do not free it there). */
typedef struct picklebox_scanner picklebox_scanner;

/* NULL for the default policy, and for default options. What they hold is
 * copied. PICKLEBOX_FAILED_PRECONDITION: this host cannot confine a worker;
 * PICKLEBOX_NOT_FOUND: there is no worker. */
PICKLEBOX_API picklebox_scanner* picklebox_scanner_new(
    const picklebox_policy* policy, const picklebox_options* options,
    picklebox_error** error);
/* Ends the workers. No scan may be under way. */
PICKLEBOX_API void picklebox_scanner_free(picklebox_scanner* scanner);

/* What came of one file. Immutable, independent of its scanner; any number of
 * threads may read one. */
typedef struct picklebox_scan picklebox_scan;

/* Each returns a new scan, NULL only if there is no memory: a file that cannot
 * be read has a scan that says so. `name` stands in the report. */
PICKLEBOX_API picklebox_scan* picklebox_scan_file(picklebox_scanner* scanner,
                                                  const char* path);
/* An open file, read from its beginning wherever its offset is; not closed. */
PICKLEBOX_API picklebox_scan* picklebox_scan_descriptor(
    picklebox_scanner* scanner, int fd, const char* name);
PICKLEBOX_API picklebox_scan* picklebox_scan_bytes(picklebox_scanner* scanner,
                                                   const void* data,
                                                   size_t size,
                                                   const char* name);
/* Fills `to` with `size` bytes from `offset`; 0 if it cannot. Called by the
 * thread that scans. Must not throw. */
typedef int (*picklebox_read_at)(void* context, uint64_t offset, void* to,
                                 size_t size);
PICKLEBOX_API picklebox_scan* picklebox_scan_source(picklebox_scanner* scanner,
                                                    uint64_t size,
                                                    picklebox_read_at read,
                                                    void* context,
                                                    const char* name);
PICKLEBOX_API void picklebox_scan_free(picklebox_scan* scan);

/* Bytes of a file, or of a member of it. Immutable, independent of its scanner;
 * any number of threads may read one. */
typedef struct picklebox_content picklebox_content;

/* `length` bytes from `offset` on of a member, whose path is as reports have
 * it, or of the file itself if that is empty: what an extent of a graph means,
 * where it lies in compressed data. A worker unpacks it, each time from the
 * beginning: ask for many bytes at once. Each returns a new content, NULL on
 * failure: PICKLEBOX_NOT_FOUND, there are no such bytes; PICKLEBOX_ABORTED, a
 * limit was reached, or the worker failed. */
PICKLEBOX_API picklebox_content* picklebox_read_descriptor(
    picklebox_scanner* scanner, int fd, picklebox_string member,
    uint64_t offset, uint64_t length, picklebox_error** error);
PICKLEBOX_API picklebox_content* picklebox_read_bytes(
    picklebox_scanner* scanner, const void* data, size_t size,
    picklebox_string member, uint64_t offset, uint64_t length,
    picklebox_error** error);
/* On a boundary of 64 bytes; must not be written to. */
PICKLEBOX_API const void* picklebox_content_data(
    const picklebox_content* content);
PICKLEBOX_API size_t picklebox_content_size(const picklebox_content* content);
PICKLEBOX_API void picklebox_content_free(picklebox_content* content);

/* ----------------------------------------------------------------- reports */

typedef enum picklebox_verdict {
  PICKLEBOX_DENIED = 0,
  PICKLEBOX_INCOMPLETE = 1,
  PICKLEBOX_UNSUPPORTED = 2,
  PICKLEBOX_CLEAN = 3
} picklebox_verdict;

/* One of picklebox_verdict. */
PICKLEBOX_API int picklebox_scan_verdict(const picklebox_scan* scan);
/* "clean"; NULL for what is no verdict. */
PICKLEBOX_API const char* picklebox_verdict_name(int verdict);
PICKLEBOX_API picklebox_string picklebox_scan_path(const picklebox_scan* scan);
/* "pickle", or the name of what was recognised. */
PICKLEBOX_API picklebox_string
picklebox_scan_format(const picklebox_scan* scan);
PICKLEBOX_API uint64_t picklebox_scan_size(const picklebox_scan* scan);

/* The report as a new text in one of the formats of `picklebox scan`: "json"
 * (docs/report.schema.json), "text", "markdown" ... */
PICKLEBOX_API picklebox_text* picklebox_scan_report(const picklebox_scan* scan,
                                                    const char* format,
                                                    picklebox_error** error);
/* The rules that would allow all that was denied, as a new text to paste into a
 * policy after looking at it; empty if nothing was. NULL if there is no
 * memory. */
PICKLEBOX_API picklebox_text* picklebox_scan_fragment(
    const picklebox_scan* scan);

/* What the file needs where it is loaded, as a new text in one of the formats
 * of `picklebox requirements`: "text", "json" (one object), "pip". */
PICKLEBOX_API picklebox_text* picklebox_scan_requirements(
    const picklebox_scan* scan, const char* format, picklebox_error** error);

/* What a finding does to the verdict. */
enum {
  PICKLEBOX_EFFECT_NONE = 0,
  PICKLEBOX_EFFECT_INCOMPLETE = 1,
  PICKLEBOX_EFFECT_DENIES = 2
};

typedef struct picklebox_finding {
  picklebox_string code;   /* "global-denied" */
  picklebox_string detail; /* a word below the code; may be empty */
  picklebox_string member; /* path in the file; empty: the file itself */
  picklebox_string message;
  picklebox_string explanation; /* of the code */
  uint64_t offset;              /* in the member */
  int effect;
} picklebox_finding;

typedef struct picklebox_global {
  picklebox_string module; /* as the policy sees it */
  picklebox_string qualname;
  picklebox_string raw_module; /* as the file spells it */
  picklebox_string raw_qualname;
  picklebox_string member;
  picklebox_string reason; /* why it is allowed, or not */
  picklebox_string origin; /* of the rule: "core.toml:12"; empty without one */
  picklebox_string danger; /* "process"; empty if it is allowed or not known */
  picklebox_string danger_text;
  uint64_t offset; /* where it is named first */
  uint64_t count;
  unsigned uses;   /* sums of PICKLEBOX_USE_... */
  unsigned denied; /* 0: it is allowed */
} picklebox_global;

typedef struct picklebox_stream {
  picklebox_string member; /* the pickle is in; empty: the file */
  uint64_t begin;          /* in the member */
  uint64_t end;            /* behind STOP, or where reading ended */
  uint64_t opcodes;
  uint64_t nodes;
  int complete; /* STOP was reached */
  int protocol;
  int verdict;
} picklebox_stream;

typedef struct picklebox_member {
  picklebox_string path;
  picklebox_string packing; /* "stored", "deflate" ... */
  picklebox_string format;
  uint64_t size; /* when it is unpacked */
  /* In the file, where its bytes lie there as they are. */
  uint64_t offset;
  int has_offset;
  int verdict;
} picklebox_member;

/* Each takes an index below the count and returns 1, or 0 for any other. */
PICKLEBOX_API size_t picklebox_scan_findings(const picklebox_scan* scan);
PICKLEBOX_API int picklebox_scan_finding(const picklebox_scan* scan, size_t i,
                                         picklebox_finding* finding);
PICKLEBOX_API size_t picklebox_scan_globals(const picklebox_scan* scan);
PICKLEBOX_API int picklebox_scan_global(const picklebox_scan* scan, size_t i,
                                        picklebox_global* global);
PICKLEBOX_API size_t picklebox_scan_streams(const picklebox_scan* scan);
PICKLEBOX_API int picklebox_scan_stream(const picklebox_scan* scan, size_t i,
                                        picklebox_stream* stream);
PICKLEBOX_API size_t picklebox_scan_members(const picklebox_scan* scan);
PICKLEBOX_API int picklebox_scan_member(const picklebox_scan* scan, size_t i,
                                        picklebox_member* member);

/* ------------------------------------------------------------------ graphs */

/* What a pickle comes to: a straight line of nodes, verified. docs/
 * graph-format.md says what they mean. Immutable, keeps what it needs alive;
 * any number of threads may read one. */
typedef struct picklebox_graph picklebox_graph;

#define PICKLEBOX_NO_NODE 0xffffffffu

/* A new handle of the graph of stream `i`; NULL for any other index, or if
 * there is no memory. It may be used when the scan is freed. */
PICKLEBOX_API picklebox_graph* picklebox_scan_graph(const picklebox_scan* scan,
                                                    size_t i);
PICKLEBOX_API void picklebox_graph_free(picklebox_graph* graph);
PICKLEBOX_API uint32_t picklebox_graph_size(const picklebox_graph* graph);
/* PICKLEBOX_NO_NODE if STOP was not reached. */
PICKLEBOX_API uint32_t picklebox_graph_root(const picklebox_graph* graph);
/* The graph for people and programs, as a new text: "tree", "json" or "dot".
 * A tree or drawing ends after `max_nodes` lines (0: 100,000), which is said in
 * it. */
PICKLEBOX_API picklebox_text* picklebox_graph_view(const picklebox_graph* graph,
                                                   const char* form,
                                                   uint64_t max_nodes,
                                                   picklebox_error** error);
/* The node that a path such as $.steps[1][1] leads to, PICKLEBOX_NO_NODE on
 * failure. */
PICKLEBOX_API uint32_t picklebox_graph_find(const picklebox_graph* graph,
                                            const char* path,
                                            picklebox_error** error);

typedef enum picklebox_kind {
  PICKLEBOX_NONE = 0,
  PICKLEBOX_BOOL,
  PICKLEBOX_INT,
  PICKLEBOX_FLOAT,
  PICKLEBOX_STR,
  PICKLEBOX_BYTES,
  PICKLEBOX_BYTEARRAY,
  PICKLEBOX_TUPLE,
  PICKLEBOX_LIST, /* empty; changes fill it */
  PICKLEBOX_DICT,
  PICKLEBOX_SET,
  PICKLEBOX_FROZENSET,
  PICKLEBOX_GLOBAL,
  PICKLEBOX_CALL,       /* subject(*args) */
  PICKLEBOX_NEW,        /* an object of the class subject, see form */
  PICKLEBOX_PERSISTENT, /* persistent_load(subject) */
  PICKLEBOX_EXTENSION,  /* the global of the copyreg code `integer` */
  PICKLEBOX_BUFFER,     /* out-of-band buffer number `integer` */
  PICKLEBOX_READONLY,   /* a read-only view of subject */
  PICKLEBOX_ARRAY,
  /* Changes, which nothing refers to. */
  PICKLEBOX_APPEND,    /* items, to the end of subject */
  PICKLEBOX_SET_ITEMS, /* subject[key] = value; items are key, value, key ... */
  PICKLEBOX_ADD_ITEMS, /* items, to the set subject */
  PICKLEBOX_BUILD      /* the state args, on subject */
} picklebox_kind;

enum {
  PICKLEBOX_FORM_NEWOBJ = 0,
  PICKLEBOX_FORM_NEWOBJ_EX = 1,
  PICKLEBOX_FORM_OBJ = 2,
  PICKLEBOX_FORM_INST = 3
};

enum {
  /* INT: `text` holds it, two's complement, little-endian. */
  PICKLEBOX_NODE_BIG = 1,
  /* STR, BYTES, BYTEARRAY: the bytes are the extent; ARRAY: always. */
  PICKLEBOX_NODE_EXTENT = 2,
  /* The items are the nodes first, first + 1, ... */
  PICKLEBOX_NODE_RUN = 4,
  /* The items did not fit: read them by picklebox_cursor_items(). */
  PICKLEBOX_NODE_MORE = 8,
  /* GLOBAL: fix_imports maps the names (protocol below 3). */
  PICKLEBOX_NODE_PYTHON2 = 16,
  /* GLOBAL: the qualname is split at dots (protocol 4 and up). */
  PICKLEBOX_NODE_DOTTED = 32,
  /* ARRAY: the first dimension runs fastest. */
  PICKLEBOX_NODE_FORTRAN = 64
};

/* One node. Fields that mean nothing for its kind hold anything. */
typedef struct picklebox_node {
  uint32_t id;
  uint8_t kind; /* picklebox_kind */
  uint8_t form; /* NEW */
  uint16_t flags;
  uint32_t subject;
  uint32_t args;   /* CALL, NEW, BUILD */
  uint32_t kwargs; /* NEW of form NEWOBJ_EX */
  /* TUPLE, FROZENSET and changes but BUILD: the first item, of a run; or where
   * in the array `items` of picklebox_cursor_read() they begin. */
  uint32_t first;
  uint64_t count; /* of the items */
  /* GLOBAL ... BUFFER, BUILD, and changes of what is no list, dict or set:
   * where its opcode stands in the stream. */
  uint64_t at;
  int64_t integer; /* INT, BOOL, EXTENSION, BUFFER */
  double real;     /* FLOAT */
  /* STR, BYTES, BYTEARRAY without an extent; GLOBAL: the module; ARRAY: the
   * dtype. Lives as long as the graph. No NUL behind it. */
  const char* text;
  size_t text_size;
  const char* qualname; /* GLOBAL */
  size_t qualname_size;
  /* Of the input: in the stream that the pickle was read from (0), or in member
   * number stream - 1. */
  uint64_t offset;
  uint64_t length;
  uint32_t stream;
  uint32_t rank; /* ARRAY: dimensions, see picklebox_graph_shape() */
} picklebox_node;

/* Walks a graph. The graph must outlive it. One thread at a time. */
typedef struct picklebox_cursor picklebox_cursor;

/* At node `first`. NULL if there is no memory. */
PICKLEBOX_API picklebox_cursor* picklebox_cursor_new(
    const picklebox_graph* graph, uint32_t first);
PICKLEBOX_API void picklebox_cursor_free(picklebox_cursor* cursor);

/* Reads up to `node_room` nodes into `nodes`, with their items in `items`, of
 * which there is room for `item_room`. Returns how many nodes were read, 0 at
 * the end. Stops early where the next node's items find no room; where they
 * would find none in the whole of `items`, that node is the last of its batch
 * and has PICKLEBOX_NODE_MORE. Rooms of some hundreds are fast. */
PICKLEBOX_API size_t picklebox_cursor_read(picklebox_cursor* cursor,
                                           picklebox_node* nodes,
                                           size_t node_room, uint32_t* items,
                                           size_t item_room);
/* The next items of the last node that was read, if it has
 * PICKLEBOX_NODE_MORE. Returns how many, 0 when there are none left. */
PICKLEBOX_API size_t picklebox_cursor_items(picklebox_cursor* cursor,
                                            uint32_t* items, size_t room);
/* The lengths of the dimensions of the array `id`, `rank` of them, at most 64.
 * Returns the rank; 0 for what is no array. */
PICKLEBOX_API uint32_t picklebox_graph_shape(const picklebox_graph* graph,
                                             uint32_t id, uint64_t* dims,
                                             size_t room);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PICKLEBOX_H_ */
