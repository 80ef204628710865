"""networkx: graphs and views."""

import networkx as nx

import writer


def graphs():
    for name in ("Graph", "DiGraph", "MultiGraph", "MultiDiGraph"):
        yield name, lambda name=name: getattr(nx, name)([(1, 2), (2, 3)])
        yield name + "-empty", lambda name=name: getattr(nx, name)()
    yield "attributes", attributes
    yield "ordered", lambda: nx.OrderedGraph([(1, 2)])
    yield "karate", nx.karate_club_graph
    yield "subgraph", lambda: nx.path_graph(4).subgraph([0, 1]).copy()
    yield "views", lambda: [attributes().nodes, attributes().edges, attributes().adj]
    yield "degree", lambda: nx.path_graph(3).degree
    yield "used", used
    yield "strings", lambda: nx.Graph([("a", "b"), ("b", (1, 2))])


def attributes():
    graph = nx.Graph(name="g")
    graph.add_node("a", weight=1.5, tags=["x"])
    graph.add_edge("a", "b", weight=2)
    return graph


def used():
    """A graph whose views were looked at, and stay cached with it."""
    graph = attributes()
    assert list(graph.nodes) and list(graph.edges) and len(graph.adj) and dict(graph.degree)
    return graph


def main():
    out = writer.Writer("networkx", "networkx")
    for name, make in graphs():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
