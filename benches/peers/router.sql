-- A router of dialogs inside PostgreSQL: four functions, each of which is one command and one transaction.
--
-- An update stays on its page and touches no index (HOT) as long as no indexed column changes, so indexes are
-- few and chosen by what changes: an answer changes none of them, a finish only those of `closed_at`.

drop schema if exists router cascade;
create schema router;
set search_path = router;

-- `held`: dialogs offered to it and answered by it. Two updates for each dialog, so the pages are kept half empty.
create table operator (
    id int primary key,
    capacity int not null,
    held int not null default 0,
    check (held between 0 and capacity)
) with (fillfactor = 40);

create table member (
    channel int not null,
    operator int not null,
    primary key (channel, operator)
);
create index member_channels on member (operator, channel);

-- `operator`: offered to, then owner; null while the dialog waits.
create table dialog (
    id bigint generated always as identity primary key,
    opened_at timestamptz not null default clock_timestamp(),
    answered_at timestamptz,
    closed_at timestamptz,
    channel int not null,
    operator int,
    client text not null
) with (fillfactor = 60);
-- A client has one open dialog in a channel.
create unique index dialog_open on dialog (channel, client) where closed_at is null;
-- What waits, the oldest first. A dialog that is offered at once never gets in here.
create index dialog_waiting on dialog (channel, id) where operator is null and closed_at is null;

-- `operator`: the author; null for the client.
create table message (
    dialog bigint not null,
    id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    operator int,
    text text not null,
    primary key (dialog, id)
);

-- What happened: one row per command, and one more where a finish gives the operator a dialog that waited.
create type kind as enum ('opened', 'offered', 'answered', 'written', 'closed');
create table journal (
    seq bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    dialog bigint not null,
    operator int,
    kind kind not null
);

-- Channel, client, text -> dialog, and the operator to whom it is offered; null while it waits.
create function receive(in_channel int, in_client text, in_text text, out out_dialog bigint, out out_operator int)
language plpgsql as $$
begin
    -- Whom somebody else is giving a dialog just now is passed over: the next one has as good as the same load.
    select o.id into out_operator
    from member m join operator o on o.id = m.operator
    where m.channel = in_channel and o.held < o.capacity
    order by o.held, o.id limit 1
    for no key update of o skip locked;

    -- Nobody is left. Before the dialog waits, all who might be freed meanwhile are held still, in the order of
    -- their ids because of deadlocks: else the last finish would not see it, and it would wait for ever.
    if out_operator is null then
        perform from member m join operator o on o.id = m.operator
        where m.channel = in_channel order by o.id for no key update of o;
        select o.id into out_operator
        from member m join operator o on o.id = m.operator
        where m.channel = in_channel and o.held < o.capacity
        order by o.held, o.id limit 1;
    end if;

    insert into dialog (channel, client, operator) values (in_channel, in_client, out_operator)
    on conflict (channel, client) where closed_at is null do nothing
    returning id into out_dialog;
    if out_dialog is null then
        select d.id, d.operator into out_dialog, out_operator from dialog d
        where d.channel = in_channel and d.client = in_client and d.closed_at is null for share;
        insert into message (dialog, text) values (out_dialog, in_text);
        insert into journal (dialog, kind) values (out_dialog, 'written');
        return;
    end if;

    if out_operator is not null then
        update operator set held = held + 1 where id = out_operator;
    end if;
    insert into message (dialog, text) values (out_dialog, in_text);
    insert into journal (dialog, operator, kind) values (out_dialog, out_operator, 'opened');
end $$;

-- The offer has reserved the room already.
create function answer(in_dialog bigint, in_operator int) returns void
language plpgsql as $$
begin
    update dialog set answered_at = clock_timestamp()
    where id = in_dialog and operator = in_operator and answered_at is null and closed_at is null;
    if not found then
        raise exception 'dialog % is not offered to operator %', in_dialog, in_operator;
    end if;
    insert into journal (dialog, operator, kind) values (in_dialog, in_operator, 'answered');
end $$;

-- The dialog is locked, so that nobody closes it meanwhile.
create function reply(in_dialog bigint, in_operator int, in_text text) returns void
language plpgsql as $$
begin
    perform from dialog
    where id = in_dialog and operator = in_operator and answered_at is not null and closed_at is null for share;
    if not found then
        raise exception 'operator % does not own dialog %', in_operator, in_dialog;
    end if;
    insert into message (dialog, operator, text) values (in_dialog, in_operator, in_text);
    insert into journal (dialog, operator, kind) values (in_dialog, in_operator, 'written');
end $$;

-- Returns the dialog that the operator is offered instead: of all that wait in its channels the oldest.
create function finish(in_dialog bigint, in_operator int) returns bigint
language plpgsql as $$
declare
    oldest bigint;
begin
    update dialog set closed_at = clock_timestamp()
    where id = in_dialog and operator = in_operator and answered_at is not null and closed_at is null;
    if not found then
        raise exception 'operator % does not own dialog %', in_operator, in_dialog;
    end if;
    update operator set held = held - 1 where id = in_operator;
    insert into journal (dialog, operator, kind) values (in_dialog, in_operator, 'closed');

    select d.id into oldest
    from member m join dialog d on d.channel = m.channel
    where m.operator = in_operator and d.operator is null and d.closed_at is null
    order by d.id limit 1
    for no key update of d skip locked;
    if oldest is not null then
        update dialog set operator = in_operator where id = oldest;
        update operator set held = held + 1 where id = in_operator;
        insert into journal (dialog, operator, kind) values (oldest, in_operator, 'offered');
    end if;
    return oldest;
end $$;
