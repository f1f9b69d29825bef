import os


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only in `make torture`, which gives STORE_TIME")


def pytest_collection_modifyitems(config, items):
    """The storms of everything at once are the long run's."""
    if "STORE_TIME" in os.environ:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
