"""The commerce platforms, one package each: a pure mapper, and a thin adapter on the one transport.

Only this package opens sockets to platforms. A new platform is one new package with a `DEFINITION`
(`definition.PlatformDefinition`); the registry finds it by its name.
"""
